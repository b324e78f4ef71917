#!/bin/sh
# Lays the last stage of the image out in a folder: assemble FOLDER. Runs while the image is built, in /app.
set -eu
image=$1
mkdir -p "$image/app" "$image/usr/local/bin" "$image/etc" "$image/data" "$image/tmp"

# Node, and the shared libraries that it names, at the places where the loader looks for them.
node=$(command -v node)
cp "$node" "$image/usr/local/bin/node"
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$image$(dirname "$library")"
  cp -L "$library" "$image$library"
done

# What the C library reads to name users and to find hosts.
printf 'auditflow:x:10001:10001:AuditFlow:/data:/usr/local/bin/auditflow\n' >"$image/etc/passwd"
printf 'auditflow:x:10001:\n' >"$image/etc/group"
printf 'hosts: files dns\n' >"$image/etc/nsswitch.conf"

# The product, without what only people who read or build it need.
cp -R LICENSE package.json node_modules packages rules "$image/app/"
find "$image/app" -type f \( -name '*.d.ts' -o -name '*.map' -o -name '*.tsbuildinfo' \) -delete

# `auditflow` is the program itself, with no shell and no env between.
printf '#!/usr/local/bin/node\nawait import("/app/packages/server/bin/auditflow.js");\n' \
  >"$image/usr/local/bin/auditflow"
chmod 0755 "$image/usr/local/bin/auditflow"

chown -R 10001:10001 "$image/data"
chmod 0700 "$image/data"
chmod 1777 "$image/tmp"
