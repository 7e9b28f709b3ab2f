/**
 * For `perl` at the end that has the image: writes its data to standard output as records, and leaves out what is zero.
 *
 * A record is an offset (8 bytes), a length (4 bytes), both with the highest byte first, and so many bytes. Length 0 only tells how far
 * reading has come. The last has the size of the image for its offset, `lastLength` for its length, and how many bytes were read (8).
 *
 * Arguments: path, size, and whether the pieces to send are `given` on standard input: a line `FROM TO EXACT` for each, and `end`. With EXACT 1
 * what is zero in a piece is sent, too. A list without its end is not the whole, and then the stream is not closed either. Else all of the image
 * is sent.
 *
 * 3 and 4 are SEEK_DATA and SEEK_HOLE, 6 is ENXIO: nothing but a hole follows; 1031 is F_SETPIPE_SZ. Where nobody can tell what is a
 * hole, all is read.
 */
export const sendScript: string = `
my ($name, $size, $given) = @ARGV;
my ($piece, $unit, $silent, $told, $read) = (262144, 32768, 16777216, 0, 0);
my $zeros = "\\0" x $unit;
sub fail { my $errno = $! + 0; print STDERR "\\nimage-api read $errno\\n"; exit 4 }
sub least { $_[0] < $_[1] ? $_[0] : $_[1] }
sub put {
  for (my $done = 0; $done < length $_[0];) {
    my $count = syswrite(STDOUT, $_[0], length($_[0]) - $done, $done);
    defined $count or exit 5;
    $done += $count;
  }
}
sub record { $told = $_[0] + length $_[1]; put(pack('Q>L>', $_[0], length $_[1]) . $_[1]) }
sub sift {
  my ($at, $length) = ($_[0], length $_[1]);
  my $from = -1;
  for (my $i = 0; $i < $length; $i += $unit) {
    my $part = substr($_[1], $i, $unit);
    if ($part eq (length $part == $unit ? $zeros : "\\0" x length $part)) {
      record($at + $from, substr($_[1], $from, $i - $from)) if $from >= 0;
      $from = -1;
    } elsif ($from < 0) { $from = $i }
  }
  if ($from == 0) { record($at, $_[1]) } elsif ($from > 0) { record($at + $from, substr($_[1], $from)) }
  record($at + $length, '') if $at + $length >= $told + $silent;
}
sub feed {
  my ($at, $to, $exact) = @_;
  sysseek(FILE, $at, 0) or fail();
  while ($at < $to) {
    $! = 0;
    my $count = sysread(FILE, my $bytes, least($piece, $to - $at)) or fail();
    $exact ? record($at, $bytes) : sift($at, $bytes);
    $at += $count;
    $read += $count;
  }
}
sub walk {
  my ($at, $end) = @_;
  while ($at < $end) {
    my $data = sysseek(FILE, $at, 3);
    last if !defined $data && $! == 6;
    my $from = defined $data ? $data + 0 : $at;
    my $hole = defined $data ? sysseek(FILE, $from, 4) : undef;
    my $to = defined $hole && $hole > $from ? least($hole + 0, $end) : $end;
    feed($from, $to) if $from < $to;
    $at = $to > $at ? $to : $at + 1;
  }
}
sysopen(FILE, $name, 0) or fail();
binmode $_ for *FILE, *STDIN, *STDOUT;
fcntl(STDOUT, 1031, 1048576);
if ($given) {
  my $isWhole = 0;
  while (<STDIN>) {
    $isWhole = /^end$/;
    /^(\\d+) (\\d+) ([01])$/ and ($3 ? feed($1, $2, 1) : walk($1, $2));
  }
  $isWhole or exit 3;
} else { walk(0, $size) }
$! = 0;
sysseek(FILE, 0, 2) >= $size or fail();
put(pack('Q>L>Q>', $size, 4294967295, $read));
`.trim();
