/**
 * For `perl` over there: writes the first `$ARGV[0]` bytes of its input, zeros from memory where there are holes. Where nobody can tell what is
 * a hole, all is read. 3 and 4 are SEEK_DATA and SEEK_HOLE, and 6 is ENXIO: nothing but a hole follows. No step goes back, so it ends whatever
 * is done to the file meanwhile.
 */
export const feedScript: string = `
my ($at, $end, $piece) = (0, $ARGV[0], 1048576);
my $zeros = "\\0" x $piece;
sub least { $_[0] < $_[1] ? $_[0] : $_[1] }
sub feed {
  for (my $done = 0; $done < $_[1];) {
    my $count = syswrite(STDOUT, $_[0], $_[1] - $done, $done);
    defined $count or die "cannot write: $!\\n";
    $done += $count;
  }
  $at += $_[1];
}
while ($at < $end) {
  my $data = sysseek(STDIN, $at, 3);
  my $from = defined $data ? least($data + 0, $end) : $! == 6 ? $end : $at;
  feed($zeros, least($piece, $from - $at)) while $at < $from;
  my $hole = defined $data ? sysseek(STDIN, $at, 4) : undef;
  my $to = defined $hole && $hole > $at ? least($hole + 0, $end) : $end;
  sysseek(STDIN, $at, 0);
  while ($at < $to) {
    my $count = sysread(STDIN, my $bytes, least($piece, $to - $at));
    defined $count or die "cannot read: $!\\n";
    $count or exit;
    feed($bytes, $count);
  }
}
`.trim();
