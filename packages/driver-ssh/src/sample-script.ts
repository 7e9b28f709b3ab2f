/**
 * For `sh` at the end that has the image: packs pieces that are spread evenly over its data, and prints how many bytes that makes, and how
 * many processors there are. Says `image-api sample DATA LOOKED SOLID` on standard error. Arguments: `samplePieces`, path, size, how many
 * pieces, and the words of the packer.
 */
export const sampleScript: string = `
pieces=$1 name=$2 size=$3 count=$4; shift 4
perl -e "$pieces" -- "$name" "$size" "$count" | "$@" | wc -c
nproc 2>/dev/null || echo 1
`.trim();

/**
 * For `perl`: writes the pieces but what is zero in them. An image of very many extents is looked at in its first part only. 3 and 4 are
 * SEEK_DATA and SEEK_HOLE, 6 is ENXIO: nothing but a hole follows.
 */
export const samplePieces: string = `
my ($name, $size, $count) = @ARGV;
my ($piece, $unit) = (131072, 32768);
my ($data, $looked, $solid, @extents) = (0, 0, 0);
sysopen(FILE, $name, 0) or do { print STDERR "\\nimage-api read ", $! + 0, "\\n"; exit 4 };
for (my $at = 0; $at < $size;) {
  my $from = sysseek(FILE, $at, 3);
  last if !defined $from && $! == 6;
  my $known = defined $from && @extents < 20000;
  $from = $known ? $from + 0 : $at;
  last if $from >= $size;
  my $to = $known ? sysseek(FILE, $from, 4) : undef;
  $to = defined $to && $to > $from && $to < $size ? $to + 0 : $size;
  push @extents, [$from, $to, $data];
  $data += $to - $from;
  $at = $to;
}
binmode $_ for *FILE, *STDOUT;
my $every = $data / $count > $piece ? $data / $count : $piece;
my $extent = 0;
for (my $position = ($every - $piece) / 2; $position < $data; $position += $every) {
  $extent++ while $position >= $extents[$extent][2] + $extents[$extent][1] - $extents[$extent][0];
  my ($from, $to, $before) = @{$extents[$extent]};
  my $at = $from + int(($position - $before) / 4096) * 4096;
  sysseek(FILE, $at, 0);
  my $got = sysread(FILE, my $bytes, $to - $at < $piece ? $to - $at : $piece) or last;
  $looked += $got;
  for (my $i = 0; $i < $got; $i += $unit) {
    my $part = substr($bytes, $i, $unit);
    next if $part eq "\\0" x length $part;
    $solid += length $part;
    syswrite(STDOUT, $part);
  }
}
print STDERR "\\nimage-api sample $data $looked $solid\\n";
`.trim();
