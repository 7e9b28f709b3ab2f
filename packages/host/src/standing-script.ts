/**
 * A shell over there that answers one question after another: `$1` marks the end of an answer, `$2` is how many seconds an answer may take.
 * A question is some lines of shell; before it stands how many. While it waits, the shell has no child that would come and go.
 *
 * It ends with its input, which is when we are gone.
 */
export const standingScript: string = `
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin
mark=$1 limit=$2
newline='
'
printf '%s\\n' "$mark"
printf '%s\\n' "$mark" >&2
while IFS= read -r count; do
  question=
  while [ "$count" -gt 0 ]; do
    IFS= read -r line || exit
    question=$question$line$newline count=$((count - 1))
  done
  timeout -k 1 "$limit" sh -c "$question" </dev/null
  status=$?
  printf '\\n%s %s\\n' "$mark" "$status"
  printf '\\n%s\\n' "$mark" >&2
done
`.trim();
