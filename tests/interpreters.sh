#!/usr/bin/env bash
# Other Pythons for the tests, where there is nothing but Debian's mirror: tests/interpreters.sh FOLDER
# FOLDER/bin gets python3.14, Debian's own build of its next release (unpacked, nothing is installed: 20 s), and
# python3.14t, the free-threaded build of the same source (about two minutes on two cores). What is there is kept.
# Needs gcc, make, curl, patchelf and xz. For yourself: uv python install 3.14 3.14t
set -euo pipefail
version=3.14
# Where the mirror has no longer the source that its lists name: what it may have kept, as Debian's .dsc have it.
older="
3.14.7 3b48dac8fb59f62eaa67ac83c1eb12bda1b7a08406dd286e252c11a66be27f81
3.14.6 143b1dddefaec3bd2e21e3b839b34a2b7fb9842272883c576420d605e9f30c63
3.14.5 7e32597b99e5d9a39abed35de4693fa169df3e5850d4c334337ffd6a19a36db6
"
folder=$(realpath -m "${1:?usage: $0 FOLDER}")
mkdir -p "$folder/bin"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# An apt of our own, so that the machine's lists and packages stay as they are.
next_release() {
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -1)
    mkdir -p "$work"/apt/{etc,state/lists/partial,cache/archives/partial}
    touch "$work/apt/status"
    for kind in deb deb-src; do
        echo "$kind [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror%/} sid main"
    done >"$work/apt/etc/sources.list"
    cat >"$work/apt/apt.conf" <<END
Dir "$work/apt"; Dir::State "state"; Dir::State::status "$work/apt/status"; Dir::Cache "cache"; Dir::Etc "etc";
Dir::Etc::sourcelist "sources.list"; Dir::Etc::sourceparts "/dev/null"; Dir::Etc::parts "/dev/null";
Dir::Etc::preferencesparts "/dev/null"; APT::Sandbox::User "root"; APT::Install-Recommends "0";
Acquire::Languages "none"; Acquire::Check-Valid-Until "false";
END
    export APT_CONFIG=$work/apt/apt.conf
    apt-get -q=2 update
}

# It brings its own C library, which it finds by where it was unpacked.
unpack() {
    local root=$folder/debian libraries
    apt-get -q=2 -y --download-only -o Debug::NoLocking=1 install "python$version" >/dev/null
    for package in "$work"/apt/cache/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
    for name in lib lib64; do [ -e "$root/$name" ] || ln -s "usr/$name" "$root/$name"; done
    libraries=$(echo "$root"/usr/lib/*-linux-gnu)
    patchelf --set-interpreter "$(echo "$libraries"/ld-linux-*.so.*)" --force-rpath --set-rpath "$libraries" \
        "$root/usr/bin/python$version"
    "$root/usr/bin/python$version" -m compileall -qq -j0 "$root/usr/lib/python$version" || true # some files are examples of errors
    ln -sf "$root/usr/bin/python$version" "$folder/bin/python$version"
}

get_source() {
    apt-get -q=2 --download-only source "python$version" 2>/dev/null && return
    while read -r release sum; do
        [ "$release" ] || continue
        curl -fsS -o source.orig.tar.xz "${mirror%/}/pool/main/p/python$version/python${version}_$release.orig.tar.xz" &&
            sha256sum --quiet -c - <<<"$sum source.orig.tar.xz" && return
    done <<<"$older"
    echo "the mirror has no source of Python $version" >&2
    return 1
}

build() {
    cd "$work"
    get_source
    mkdir source build
    tar xf ./*.orig.tar.xz -C source --strip-components=1
    cd build
    # optimised as it is by itself, but without what debuggers need
    ../source/configure -q --prefix="$folder/free-threaded" --disable-gil --disable-test-modules --without-ensurepip \
        OPT="-DNDEBUG -O3 -Wall" >"$folder/build.log" 2>&1
    make -j"$(nproc)" >>"$folder/build.log" 2>&1
    make install >>"$folder/build.log" 2>&1
    ln -sf "$folder/free-threaded/bin/python${version}t" "$folder/bin/python${version}t"
}

has() { [ -x "$folder/bin/python$1" ]; }
if ! has "$version" || ! has "${version}t"; then next_release; fi # not with ||, which would go on after errors
if ! has "$version"; then unpack; fi
if ! has "${version}t"; then build; fi
for name in "$version" "${version}t"; do "$folder/bin/python$name" -VV; done
