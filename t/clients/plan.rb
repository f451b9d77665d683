# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
# Ruby's Net::FTP: serves a plan (matrix.py says what that is).

require "net/ftp"

def serve(ftp, operation, a = nil, b = nil, number = nil)
  case operation
  when "put" then ftp.putbinaryfile(a, b)
  when "get" then ftp.getbinaryfile(a, b)
  when "asciiput" then ftp.puttextfile(a, b)
  when "asciiget" then ftp.gettextfile(a, b)
  when "resumeget"
    ftp.resume = true
    ftp.getbinaryfile(a, b)
    ftp.resume = false
  when "resumeput"
    ftp.resume = true
    ftp.putbinaryfile(a, b)
    ftp.resume = false
  when "list" then return (["ok"] + ftp.nlst).join("\t")
  when "abort"
    begin
      ftp.retrbinary("RETR " + a, 4096) { |_| raise IOError, "enough" }
    rescue IOError
      ftp.abort
      begin
        ftp.send(:voidresp)
      rescue Net::FTPError
        # 426 or 226, in the order in which the server sends them
      end
    end
  when "sleep" then sleep(a.to_i)
  else return "cannot"
  end
  "ok"
end

$stdout.sync = true
begin
  if ENV["FTP_MODE"] == "implicit" &&
     (Net::FTP::VERSION.split(".").map(&:to_i) <=> [0, 2]) < 0
    puts "cannot"   # implicit_ftps came with 0.2.0
    exit
  end
  tls = { ca_file: ENV["FTP_CA"], verify_mode: OpenSSL::SSL::VERIFY_PEER }
  if ENV["FTP_VERSION"] != ""
    version = "TLS" + ENV["FTP_VERSION"].sub(".", "_")
    tls[:min_version] = tls[:max_version] =
      OpenSSL::SSL.const_get(version + "_VERSION")
  end
  ftp = Net::FTP.new("localhost", port: ENV["FTP_PORT"].to_i, ssl: tls,
                     implicit_ftps: ENV["FTP_MODE"] == "implicit",
                     passive: true, read_timeout: 15)
  ftp.login(ENV["FTP_USER"], ENV["FTP_PASS"])
  File.foreach(ARGV[0], chomp: true) do |line|
    puts serve(ftp, *line.split("\t"))
  end
  ftp.close
rescue StandardError => error
  puts "failed\t" + (error.class.to_s + ": " + error.message).tr("\r\n\t", " ")
end
