/**
 * For `perl` between what packs and the ssh that carries: hands on what comes, as fast as it was told.
 *
 * Arguments: mark, and how many bytes per second: `-` for no limit, 0 for none at all. Says on file descriptor 3 `MARK hand PATH PIPE`, where
 * other rates may be written to as `NUMBER RATE` while it runs, and `MARK sent BYTES NUMBER`, with the number of the rate that is in force.
 *
 * Orders come through a pipe that has no name: it is reached by the process it belongs to, and gone with it. `PIPE` is what its link says, so
 * that nobody writes to another process that has that number by now.
 *
 * The clock is that of `times`, in hundredths of a second: perl itself has no finer one that everybody has. 1031 is F_SETPIPE_SZ, 4 is F_SETFL, 2049
 * is O_WRONLY and O_NONBLOCK: where nobody takes the bytes, orders are still heard. 4 is EINTR, 11 is EAGAIN. The end of a pipe that is
 * written to can be read only when nobody is left at its other end, and then there is no more to do, paused or not.
 */
export const paceScript: string = `
use POSIX ();
my ($mark, $rate) = @ARGV;
my ($tick, $piece, $most) = (POSIX::sysconf(2), 1048576, 65536);
my ($buffer, $done, $orders, $number, $sent, $told, $tokens, $ended) = ('', 0, '', 0, 0, 0, 0, 0);
sub now { (POSIX::times())[0] / $tick }
sub least { $_[0] < $_[1] ? $_[0] : $_[1] }
sub greatest { $_[0] > $_[1] ? $_[0] : $_[1] }
my ($at, $toldAt) = (now(), 0);
sub report { syswrite(WORDS, "$mark sent $sent $number\\n"); ($told, $toldAt) = ($sent, $at) }
sub worth { greatest(least(4096, $rate), $rate * 0.01) }
sub fill {
  my $now = now();
  # Where it is a small number, it begins anew after months.
  $at = $now if $now < $at;
  $tokens = least($tokens + ($now - $at) * $rate, greatest(worth(), $rate * 0.1)) if $rate ne '-';
  $at = $now;
}
sub obey {
  sysread(ORDERS, $orders, 4096, length $orders);
  while ($orders =~ s/^(\\d+) (\\d+|-)\\n//) {
    next if $1 <= $number;
    $tokens = $2 eq '-' || $rate eq '-' ? 0 : least($tokens, $2 * 0.05);
    ($number, $rate) = ($1, $2);
  }
  report();
}
open(WORDS, '>&=', 3);
pipe(ORDERS, HAND);
binmode $_ for *STDIN, *STDOUT;
fcntl(STDIN, 1031, $piece);
fcntl(STDOUT, 4, 2049);
my $path = "/proc/$$/fd/" . fileno HAND;
syswrite(WORDS, "$mark hand $path " . readlink($path) . "\\n");
until ($ended && $done == length $buffer) {
  fill();
  my $left = length($buffer) - $done;
  my $may = $rate eq '-' ? $left : $tokens >= least($left, worth()) ? least($left, least($most, int $tokens)) : 0;
  my $wait = $left && !$may && $rate ? (worth() - $tokens) / $rate : undef;
  if ($sent != $told) {
    report() if $at >= $toldAt + 0.05;
    $wait = 0.05 if !defined $wait || $wait > 0.05;
  }
  my ($read, $write) = ('', '');
  vec($read, $_, 1) = 1 for fileno ORDERS, 1;
  vec($read, 0, 1) = 1 if !$left && !$ended;
  vec($write, 1, 1) = 1 if $may;
  select($read, $write, undef, $wait) > 0 or next;
  if (vec($read, fileno ORDERS, 1)) { obey(); next }
  exit 5 if vec($read, 1, 1);
  if (vec($write, 1, 1)) {
    my $count = syswrite(STDOUT, $buffer, $may, $done);
    next if !defined $count && ($! == 4 || $! == 11);
    defined $count or exit 5;
    ($done, $sent) = ($done + $count, $sent + $count);
    $tokens -= $count if $rate ne '-';
  } elsif (vec($read, 0, 1)) {
    my $count = sysread(STDIN, $buffer, $piece);
    next if !defined $count && $! == 4;
    ($done, $ended) = (0, !$count);
  }
}
report();
`.trim();
