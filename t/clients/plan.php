<?php
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
# PHP's ftp_ssl_connect: serves a plan (matrix.py says what that is).  It does
# not check certificates, and has no implicit TLS.

function fail($text) {
    $last = error_get_last();
    throw new Exception($text . ($last ? ": " . $last["message"] : ""));
}

function serve($ftp, $step) {
    [$operation, $a, $b, $number] = array_pad($step, 4, "");
    $done = true;
    switch ($operation) {
        case "put": $done = @ftp_put($ftp, $b, $a, FTP_BINARY); break;
        case "get": $done = @ftp_get($ftp, $b, $a, FTP_BINARY); break;
        case "asciiput": $done = @ftp_put($ftp, $b, $a, FTP_ASCII); break;
        case "asciiget": $done = @ftp_get($ftp, $b, $a, FTP_ASCII); break;
        case "resumeget":
            $done = @ftp_get($ftp, $b, $a, FTP_BINARY, (int) $number);
            break;
        case "resumeput":
            $done = @ftp_put($ftp, $b, $a, FTP_BINARY, (int) $number);
            break;
        case "list":
            $names = @ftp_nlist($ftp, ".");
            if ($names === false) {
                fail("list");
            }
            return "ok\t" . implode("\t", $names);
        case "sleep": sleep((int) $a); break;
        default: return "cannot";
    }
    if (!$done) {
        fail($operation);
    }
    return "ok";
}

$ftp = @ftp_ssl_connect("localhost", (int) getenv("FTP_PORT"), 15);
try {
    if (!$ftp || !@ftp_login($ftp, getenv("FTP_USER"), getenv("FTP_PASS"))) {
        fail("login");
    }
    ftp_set_option($ftp, FTP_USEPASVADDRESS, false);
    ftp_pasv($ftp, true) || fail("passive");
    foreach (file($argv[1], FILE_IGNORE_NEW_LINES) as $line) {
        echo serve($ftp, explode("\t", $line)), "\n";
    }
    ftp_close($ftp);
} catch (Exception $error) {
    echo "failed\t", $error->getMessage(), "\n";
}
