/**
 * For `perl` at either end: a line for each chunk of the first bytes of a file, with its digest, or `0` where it holds nothing but zeros.
 * Holes are not read. Arguments: path, how many bytes, bytes of a chunk. 3 is SEEK_DATA, 6 is ENXIO: nothing but a hole follows.
 */
export const digestScript: string = `
my ($name, $end, $chunk) = @ARGV;
my $zeros = "\\0" x $chunk;
sub fail { my $errno = $! + 0; print STDERR "\\nimage-api $_[0] $errno\\n"; exit 4 }
sysopen(FILE, $name, 0) or fail('read');
binmode FILE;
$| = 1;
for (my $at = 0; $at < $end; $at += $chunk) {
  my $length = $end - $at < $chunk ? $end - $at : $chunk;
  my $data = sysseek(FILE, $at, 3);
  if (defined $data ? $data >= $at + $length : $! == 6) { print "0\\n"; next }
  sysseek(FILE, $at, 0);
  my $bytes = '';
  while (length $bytes < $length) {
    my $count = sysread(FILE, $bytes, $length - length $bytes, length $bytes);
    defined $count or fail('read');
    $count or last;
  }
  if ($bytes eq substr($zeros, 0, length $bytes)) { print "0\\n"; next }
  open(my $sum, '|-', 'sha256sum') or fail('start');
  print $sum $bytes;
  close($sum) or fail('start');
}
`.trim();
