#!/bin/sh
# programs.sh TARGET: git and ssh from Debian, with those of their libraries that the base has not, as a tree at TARGET.
# Debian's package of git asks for Perl, and has 130 programs more: what `modelpoc sync` runs is in the two below.
set -eu
target="$1"
programs="/usr/bin/git /usr/lib/git-core/git-remote-http /usr/bin/ssh"

installed() { dpkg-query --show --showformat '${Package}\n' | sort -u; }

# The package that a file is of. dpkg may know it by the path before /lib moved into /usr.
package_of() {
    for path in "$1" "${1#/usr}"; do
        if found="$(dpkg-query --search "$path" 2>/dev/null)"; then
            echo "${found%%:*}"
            return
        fi
    done
}

take() {
    mkdir -p "$target$(dirname "$1")"
    cp --no-dereference --preserve=mode,links "$1" "$target$1"
}

# A library by its real folder, since /lib is a link: the link that programs ask for, and the file behind it.
take_library() {
    folder="$(realpath "$(dirname "$1")")"
    link="$folder/$(basename "$1")"
    file="$(realpath "$link")"
    if grep -Fqx "$(package_of "$file")" /tmp/new; then
        take "$link"
        take "$file"
        package_of "$file" >>/tmp/taken
    fi
}

installed >/tmp/before
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ca-certificates git openssh-client >/dev/null
installed | comm -13 /tmp/before - >/tmp/new

for program in $programs; do
    take "$program"
    package_of "$program" >>/tmp/taken
    for library in $(ldd "$program" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p'); do take_library "$library"; done
done
ln -s git-remote-http "$target/usr/lib/git-core/git-remote-https"
ln -s ../../bin/git "$target/usr/lib/git-core/git"
# Without any, git says so each time.
mkdir -p "$target/usr/share/git-core/templates"

# Certificates are the base's where it has them.
if grep -Fqx ca-certificates /tmp/new; then
    take /etc/ssl/certs/ca-certificates.crt
    echo ca-certificates >>/tmp/taken
fi

# What was taken, for the list of all that is in the image; and its licences.
mkdir -p "$target/usr/share/modelpoc"
sort -u /tmp/taken | while read -r package; do
    take "/usr/share/doc/$package/copyright"
    dpkg-query --show --showformat '${Package} ${Version} ${Architecture}\n' "$package"
done >"$target/usr/share/modelpoc/packages"
