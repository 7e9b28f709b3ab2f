/**
 * A shell over there that answers one question after another: `$1` marks the end of an answer, `$2` is how many seconds it waits for the
 * next question, `$3` how many seconds an answer may take. Before each question its length in bytes is told by nine digits, the first of
 * which is a 1, so that no shell takes it for an octal number.
 *
 * It ends with its input, which is when we are gone, or after that silence, if nobody can tell it so.
 */
export const standingScript: string = `
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin
mark=$1 patience=$2 limit=$3
for tool in timeout head; do command -v "$tool" >/dev/null 2>&1 || exit 127; done
printf '%s\\n' "$mark"
printf '%s\\n' "$mark" >&2
while length=$(timeout "$patience" head -c 9) && [ "$length" ]; do
  question=$(head -c "$((length - 100000000))"; echo .)
  timeout -k 1 "$limit" sh -c "\${question%.}" </dev/null
  status=$?
  printf '\\n%s %s\\n' "$mark" "$status"
  printf '\\n%s\\n' "$mark" >&2
done
`.trim();
