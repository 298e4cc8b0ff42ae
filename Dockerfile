# docker build -t concurrency-benchmark .
# docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/work" concurrency-benchmark --cores 4
FROM python:3.13-slim

COPY requirements/run.txt /opt/requirements.txt
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes -r /opt/requirements.txt

# Only what .dockerignore lets through; for all to read, whatever umask the clone was made with.
COPY . /opt/workflow
RUN chmod -R a+rX /opt/workflow

# Whoever runs it, with a name and a home or without: caches go where all may write, and end with the container.
ENV HOME=/tmp PATH=/opt/venv/bin:$PATH
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["snakemake", "--snakefile", "/opt/workflow/Snakefile"]
