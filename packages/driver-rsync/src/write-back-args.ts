/**
 * Takes what arrives in a file to the disk as it arrives, so that the system never has much of it to write at once, and says so: a dot
 * when all that was there at the dot before is on the disk. It opens the file only to read. Runs until it is ended.
 *
 * Of a file that grows, one piece after the other, so that who else wants something of the disk waits for one piece at the most, and what is
 * there is let go of from memory; of a file that is compared, all that has changed, wherever that is. The two calls for it commit nothing to
 * the journal, which others would have to wait for, and Perl has no names for them: their numbers are those of three machines. On others,
 * or where a filesystem does not know the call, it is an fsync.
 */
const script = `
use strict; use Config; use IO::Handle; use POSIX ();
my ($path, $grows) = @ARGV;
my ($piece, $pause, $ticks) = (1 << 20, 0.002, 5);
my ($machine) = $Config{archname} =~ /^(x86_64|aarch64|riscv64)-linux(?!.*x32)/;
my ($range, $advise) = !$machine ? () : $machine eq 'x86_64' ? (277, 221) : (84, 223);
my ($file, $at, $goal, $said) = (undef, 0, 0, 0);
sub rest { select(undef, undef, undef, $_[0]) }
sub write_back {
  my ($from, $length) = @_;
  if (!$range || syscall($range, fileno($file), $from, $length, 7) != 0) {
    $file->sync or die "cannot write $path: $!\\n";
    rest(0.05);
  }
  syscall($advise, fileno($file), $from, $length, 4) if $advise && $grows;
}
STDOUT->autoflush(1);
until (open($file, '<', $path)) { -e $path and die "cannot open $path: $!\\n"; rest($pause) }
while (1) {
  my $size = -s $file;
  my $left = $size - $at;
  if (!$grows) { write_back(0, 0); $at = $size }
  elsif ($left > 0) { my $length = $left < $piece ? $left : $piece; write_back($at, $length); $at += $length }
  my $now = (POSIX::times())[0];
  if ($at >= $goal && $now - $said >= $ticks) { print '.'; ($said, $goal) = ($now, $size) }
  rest($pause) if $at >= $size;
}
`.trim();

/** The arguments for `perl`. The file may come into being later. */
export function writeBackArgs(path: string, { grows }: { readonly grows: boolean }): string[] {
  return ['-e', script, path, grows ? 'grows' : ''];
}
