/**
 * For `perl` at the end that has the image, where no file of ours lies: lists the pieces to send as `sendScript` reads them. Arguments: bytes of
 * a chunk, how many bytes the destination holds, size of the image, and a bit for each chunk of what is held, the lowest of each byte first,
 * written in hexadecimal: 1 where the ends differ.
 */
export const spellScript: string = `
my ($chunk, $held, $size, $bits) = @ARGV;
my $differs = unpack('b*', pack('H*', $bits));
while ($differs =~ /1+/g) {
  my ($from, $to) = ($-[0] * $chunk, $+[0] * $chunk);
  $to = $held if $to > $held;
  print "$from $to 1\\n";
}
print "$held $size 0\\n" if $held < $size;
print "end\\n";
`.trim();
