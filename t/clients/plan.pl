# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
# Perl's Net::FTP: serves a plan (matrix.py says what that is).

use strict;
use warnings;
use Net::FTP;

$| = 1;

sub failed {
  my ($text) = @_;
  $text =~ s/[\r\n\t]+/ /g;
  print "failed\t$text\n";
  exit 0;
}

my $versions = $ENV{FTP_VERSION} eq "" ? "SSLv23:!SSLv3:!SSLv2"
  : "TLSv1_" . substr($ENV{FTP_VERSION}, 2);
my $ftp = Net::FTP->new(
  "localhost", Port => $ENV{FTP_PORT}, Timeout => 15, Passive => 1,
  SSL => $ENV{FTP_MODE} eq "implicit" ? 1 : 0, SSL_ca_file => $ENV{FTP_CA},
  SSL_version => $versions) or failed("connect: $@");
if ($ENV{FTP_MODE} eq "explicit") {
  $ftp->starttls(SSL_ca_file => $ENV{FTP_CA}, SSL_version => $versions)
    or failed("starttls: " . $ftp->message . " $@");
}
$ftp->login($ENV{FTP_USER}, $ENV{FTP_PASS})
  or failed("login: " . $ftp->message);
$ftp->prot("P") or failed("prot: " . $ftp->message);
$ftp->binary;

my %serve = (
  put => sub { $ftp->put($_[0], $_[1]) },
  get => sub { $ftp->get($_[0], $_[1]) },
  asciiput => sub { $ftp->ascii; my $done = $ftp->put($_[0], $_[1]);
                    $ftp->binary; $done },
  asciiget => sub { $ftp->ascii; my $done = $ftp->get($_[0], $_[1]);
                    $ftp->binary; $done },
  resumeget => sub { $ftp->get($_[0], $_[1], $_[2]) },
  "abort" => sub {
    my $data = $ftp->retr($_[0]) or return 0;
    my $buffer;
    $data->read($buffer, 4096);
    $data->abort;
    1;
  },
  "sleep" => sub { sleep($_[0]) });

open(my $plan, "<", $ARGV[0]) or failed("no plan");
while (my $line = <$plan>) {
  chomp($line);
  my ($operation, @words) = split(/\t/, $line);
  if ($operation eq "list") {
    my @names = $ftp->ls;
    failed("list: " . $ftp->message) unless $ftp->ok;
    print join("\t", "ok", @names), "\n";
  } elsif (!exists $serve{$operation}) {
    print "cannot\n";
  } else {
    $serve{$operation}->(@words)
      or failed("$operation: " . $ftp->message . " $@");
    print "ok\n";
  }
}
$ftp->quit;
