# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
# Perl's Net::FTPSSL: serves a plan (matrix.py says what that is).

use strict;
use warnings;
use Net::FTPSSL;

$| = 1;

sub failed {
  my ($text) = @_;
  $text =~ s/[\r\n\t]+/ /g;
  print "failed\t$text\n";
  exit 0;
}

# Data connections take the context of the control connection, not its session.
my $version = $ENV{FTP_VERSION} eq "" ? "SSLv23:!SSLv3:!SSLv2"
  : "TLSv1_" . substr($ENV{FTP_VERSION}, 2);
my %tls = (SSL_ca_file => $ENV{FTP_CA}, SSL_version => $version,
  SSL_verify_mode => 1, SSL_hostname => "localhost");

my $ftp = Net::FTPSSL->new(
  "localhost", Port => $ENV{FTP_PORT}, Timeout => 15,
  Encryption => $ENV{FTP_MODE} eq "implicit" ? IMP_CRYPT : EXP_CRYPT,
  SSL_Client_Certificate => \%tls) or failed("connect: $Net::FTPSSL::ERRSTR");
$ftp->login($ENV{FTP_USER}, $ENV{FTP_PASS})
  or failed("login: " . $ftp->message);
$ftp->binary;

my %serve = (
  put => sub { $ftp->put(@_) },
  get => sub { $ftp->get(@_) },
  resumeput => sub { $ftp->put(@_) },
  resumeget => sub { $ftp->get(@_) },
  asciiput => sub { $ftp->ascii; my $done = $ftp->put(@_);
                    $ftp->binary; $done },
  asciiget => sub { $ftp->ascii; my $done = $ftp->get(@_);
                    $ftp->binary; $done },
  "sleep" => sub { sleep($_[0]) });

open(my $plan, "<", $ARGV[0]) or failed("no plan");
while (my $line = <$plan>) {
  chomp($line);
  my ($operation, @words) = split(/\t/, $line);
  if ($operation eq "list") {
    my @names = $ftp->nlst;
    failed("list: " . $ftp->message) unless $ftp->last_status_code == 2;
    print join("\t", "ok", @names), "\n";
  } elsif (!exists $serve{$operation}) {
    print "cannot\n";
  } else {
    $serve{$operation}->(@words)
      or failed("$operation: " . $ftp->message);
    print "ok\n";
  }
}
$ftp->quit;
