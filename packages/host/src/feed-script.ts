/**
 * For `perl` over there: writes its input, or the first so many bytes of it, zeros from memory where there are holes. Where nobody can tell what
 * is a hole, all is read. 3 and 4 are SEEK_DATA and SEEK_HOLE, and 6 is ENXIO: nothing but a hole follows. No step goes back, so it ends
 * whatever is done to the file meanwhile.
 *
 * Arguments: how many bytes, empty for all; and, to write no zeros, but records: each block of 64 KiB that holds something else, behind the
 * place where it begins (8 bytes, the highest first), and at the end how long all of it is (8 bytes). Then the lane they are for follows, whose
 * bytes come from each so many MiB, and how many lanes there are.
 */
export const feedScript: string = `
my ($length, $lane, $lanes) = @ARGV;
my ($at, $piece, $unit) = (0, 1048576, 65536);
my $zeros = "\\0" x $piece;
my $end = sysseek(STDIN, 0, 2) + 0;
$end = $length if length $length && $length < $end;
sub least { $_[0] < $_[1] ? $_[0] : $_[1] }
sub put {
  for (my $done = 0; $done < $_[1];) {
    my $count = syswrite(STDOUT, $_[0], $_[1] - $done, $done);
    defined $count or die "cannot write: $!\\n";
    $done += $count;
  }
}
sub zeros { put($zeros, $_[0]); $at += $_[0] }
sub blocks {
  my $records = '';
  for (my $i = 0; $i < length $_[0]; $i += $unit) {
    my $block = substr($_[0], $i, $unit);
    $records .= pack('Q>', $at + $i) . $block if $block ne substr($zeros, 0, length $block);
  }
  put($records, length $records);
}
sub take {
  my ($bytes, $wanted) = ('', $_[0]);
  while (length $bytes < $wanted) {
    my $count = sysread(STDIN, $bytes, $wanted - length $bytes, length $bytes);
    defined $count or die "cannot read: $!\\n";
    $count or last;
  }
  $lanes ? blocks($bytes) : put($bytes, length $bytes);
  $at += length $bytes;
  $end = $at if length $bytes < $wanted;
}
while ($at < $end) {
  my $data = sysseek(STDIN, $at, 3);
  my $from = defined $data ? least($data + 0, $end) : $! == 6 ? $end : $at;
  my $hole = defined $data ? sysseek(STDIN, $from, 4) : undef;
  my $to = defined $hole && $hole > $from ? least($hole + 0, $end) : $end;
  if ($lanes) {
    # Whole blocks, and none twice.
    $at = $from == $end ? $end : $from - $from % $unit if $from > $at;
    $to = least($to + (-$to % $unit), $end);
  } else {
    zeros(least($piece, $from - $at)) while $at < $from;
  }
  sysseek(STDIN, $at, 0);
  while ($at < least($to, $end)) {
    my $left = least($piece - $at % $piece, $to - $at);
    if (!$lanes || int($at / $piece) % $lanes == $lane) { take($left) }
    else { $at = sysseek(STDIN, $left, 1) + 0 }
  }
}
put(pack('Q>', $end), 8) if $lanes;
`.trim();
