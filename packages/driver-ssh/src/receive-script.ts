/**
 * For `perl` at the end where the image arrives: puts the records of the other end where they belong, and gives the file its size at the
 * end. Says how far it is on standard output: `MARK POSITION WRITTEN`, and `MARK end READ` when all has come. A stream that ends too
 * early is an error.
 *
 * Arguments: path, mark, bytes between two words, and whether what the file holds is `kept`.
 *
 * Whoever started us holds a lock on the file. Once that lock is gone, we are given up, and what still comes out of a dead connection may no
 * longer be written: the file may be in use by then. In a PID namespace of its own, as containers have, the system's list leaves out locks taken by a
 * process that has ended, as `flock` has; those who have the file open then tell of them. 1031 is F_SETPIPE_SZ, 4 is EINTR.
 *
 * What was written is sent on to the disk while more comes, so that whoever has it made safe in the end need not wait for all of it: by
 * sync_file_range with SYNC_FILE_RANGE_WRITE (2), which does not wait, and leaves errors to be told to whoever does. Its number hangs on the
 * machine; where it is not known, the disk gets to it later.
 */
export const receiveScript: string = `
my ($name, $mark, $step, $kept) = @ARGV;
my ($buffer, $position, $written, $said, $saidAt, $sentOn, $run) = ('', 0, 0, 0, time, 0, 16777216);
my ($machine) = eval { require Config; $Config::Config{archname} =~ /^(x86_64|aarch64|riscv64)-/ };
my $sendOn = { x86_64 => 277, aarch64 => 84, riscv64 => 84 }->{$machine // ''};
sub fail { my $errno = $! + 0; print STDERR "\\nimage-api write $errno\\n"; exit 4 }
sub take {
  while (length $buffer < $_[0]) {
    my $count = sysread(STDIN, $buffer, $_[0] - length $buffer, length $buffer);
    next if !defined $count && $! == 4;
    $count or do { print STDERR "\\nimage-api cut\\n"; exit 3 };
  }
}
sub save {
  sysseek(FILE, $_[0], 0) or fail();
  for (my $done = 0; $done < length $buffer;) {
    my $count = syswrite(FILE, $buffer, length($buffer) - $done, $done);
    next if !defined $count && $! == 4;
    defined $count or fail();
    $done += $count;
  }
  $written += length $buffer;
}
sub say { syswrite(STDOUT, "$mark @_\\n"); ($said, $saidAt) = ($position, time) }
sub locks {
  my $inode = (stat FILE)[1];
  map {
    my $place = $_;
    my $isThere = open(my $list, '<', $place);
    map { /FLOCK\\s+ADVISORY\\s+WRITE\\s+(\\S+\\s+\\S+:$inode)\\s/ ? "$place $1" : () } $isThere ? <$list> : ();
  } @_;
}
open(FILE, '+<', $name) or fail();
binmode $_ for *FILE, *STDIN;
fcntl(STDIN, 1031, 1048576);
truncate(FILE, 0) or fail() if !$kept && -s FILE;
my @held = locks('/proc/locks');
@held = locks(glob '/proc/[0-9]*/fdinfo/*') if !@held;
if (@held) {
  my %held = map { $_ => 1 } @held;
  my %places = map { (split)[0] => 1 } @held;
  $SIG{ALRM} = sub {
    grep { $held{$_} } locks(keys %places) or do { print STDERR "\\nimage-api lost\\n"; exit 6 };
    alarm 1;
  };
  alarm 1;
}
while (1) {
  take(12);
  my ($at, $length) = unpack('Q>L>', $buffer);
  $buffer = '';
  if ($length == 4294967295) {
    truncate(FILE, $at) or fail();
    take(8);
    close(FILE) or fail();
    $position = $at;
    say($position, $written);
    say('end', unpack('Q>', $buffer));
    exit;
  }
  take($length);
  save($at) if $length;
  $buffer = '';
  $position = $at + $length;
  if ($sendOn && $position >= $sentOn + $run) {
    syscall($sendOn, fileno(FILE), $sentOn + 0, $position - $sentOn, 2);
    $sentOn = $position;
  }
  say($position, $written) if $position >= $said + $step || time > $saidAt;
}
`.trim();
