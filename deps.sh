#!/usr/bin/env bash
# Makes everything that working on records-mover needs: ./deps.sh, and then `make test`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

for tool in make git; do
    command -v "$tool" >/dev/null || { echo "deps.sh: $tool is not installed; install it with your system's packages" >&2; exit 1; }
done

python=""
for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        python=$name
        break
    fi
done
if [ -z "$python" ] && command -v pyenv >/dev/null; then
    version=$(pyenv install --list | tr -d ' ' | grep -E '^3\.1[1-4]\.[0-9]+$' | tail -1)
    pyenv install --skip-existing "$version"
    python="$(pyenv prefix "$version")/bin/python3"
fi
if [ -z "$python" ]; then
    echo "deps.sh: Python 3.11 or newer is needed; install it, or pyenv, which installs it" >&2
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "deps.sh: $python cannot make environments; on Debian and Ubuntu install python3-venv" >&2
    exit 1
fi

make PYTHON="$python" setup
echo "Ready: make test runs the tests, ./itest --help lists those that need servers, .venv/bin/mvrec works."
