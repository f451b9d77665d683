// SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
// Apache Commons Net with Java's own TLS: serves a plan (matrix.py says what
// that is).  FTP_STYLE "plain" is the library as it is; "reuse" has data
// connections resume the control connection's session, by putting it into the
// cache under the data connection's name, as its users do.

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.apache.commons.net.ftp.FTP;
import org.apache.commons.net.ftp.FTPSClient;

public class Plan {
  static final class Reuse extends FTPSClient {
    Reuse(boolean implicit, SSLContext context) {
      super(implicit, context);
    }

    @Override
    protected void _prepareDataSocket_(Socket socket) throws IOException {
      SSLSession session = ((SSLSocket) _socket_).getSession();
      SSLSessionContext context = session.getSessionContext();
      try {
        Field field =
            context.getClass().getDeclaredField("sessionHostPortCache");
        field.setAccessible(true);
        Object cache = field.get(context);
        Method put = cache.getClass().getDeclaredMethod(
            "put", Object.class, Object.class);
        put.setAccessible(true);
        for (String host : new String[] {
                 socket.getInetAddress().getHostName(),
                 socket.getInetAddress().getHostAddress()}) {
          String key = String.format("%s:%d", host, socket.getPort());
          put.invoke(cache, key.toLowerCase(Locale.ROOT), session);
        }
      } catch (ReflectiveOperationException error) {
        throw new IOException(error);
      }
    }
  }

  static String env(String name) {
    return System.getenv(name);
  }

  static SSLContext context() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream stream = new FileInputStream(env("FTP_CA"))) {
      store.setCertificateEntry("ca",
          CertificateFactory.getInstance("X.509").generateCertificate(stream));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(
        TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  static boolean upload(FTPSClient client, String local, String remote,
      long offset, boolean append) throws IOException {
    try (InputStream stream = new FileInputStream(local)) {
      stream.skipNBytes(offset);
      return append ? client.appendFile(remote, stream)
                    : client.storeFile(remote, stream);
    }
  }

  static boolean download(FTPSClient client, String remote, String local,
      long offset) throws IOException {
    client.setRestartOffset(offset);
    try (OutputStream stream = new FileOutputStream(local, offset > 0)) {
      return client.retrieveFile(remote, stream);
    }
  }

  static boolean stop(FTPSClient client, String remote) throws IOException {
    InputStream stream = client.retrieveFileStream(remote);
    if (stream == null)
      return false;
    stream.readNBytes(4096);
    client.abor();
    stream.close();
    client.getReply();
    return true;
  }

  static String serve(FTPSClient client, String[] step) throws Exception {
    boolean done = true;
    client.setFileType(step[0].startsWith("ascii") ? FTP.ASCII_FILE_TYPE
                                                   : FTP.BINARY_FILE_TYPE);
    switch (step[0]) {
      case "put": case "asciiput":
        done = upload(client, step[1], step[2], 0, false);
        break;
      case "get": case "asciiget":
        done = download(client, step[1], step[2], 0);
        break;
      case "resumeget":
        done = download(client, step[1], step[2], Long.parseLong(step[3]));
        break;
      case "resumeput":
        done = upload(client, step[1], step[2], Long.parseLong(step[3]), true);
        break;
      case "list": {
        String[] names = client.listNames();
        done = names != null;
        if (done)
          return "ok\t" + String.join("\t", names);
        break;
      }
      case "abort":
        done = stop(client, step[1]);
        break;
      case "sleep":
        Thread.sleep(1000 * Long.parseLong(step[1]));
        break;
      default:
        return "cannot";
    }
    if (!done)
      throw new IOException(step[0] + ": " + client.getReplyString());
    return "ok";
  }

  public static void main(String[] arguments) {
    try {
      boolean implicit = env("FTP_MODE").equals("implicit");
      FTPSClient client = env("FTP_STYLE").equals("reuse")
          ? new Reuse(implicit, context())
          : new FTPSClient(implicit, context());
      if (!env("FTP_VERSION").isEmpty())
        client.setEnabledProtocols(new String[] {"TLSv" + env("FTP_VERSION")});
      client.setDefaultTimeout(15000);
      client.setDataTimeout(java.time.Duration.ofSeconds(15));
      client.setConnectTimeout(15000);
      client.connect("localhost", Integer.parseInt(env("FTP_PORT")));
      if (!client.login(env("FTP_USER"), env("FTP_PASS")))
        throw new IOException("login: " + client.getReplyString());
      client.execPBSZ(0);
      client.execPROT("P");
      client.enterLocalPassiveMode();
      for (String line : Files.readAllLines(Paths.get(arguments[0])))
        System.out.println(serve(client, line.split("\t")));
      client.logout();
      client.disconnect();
    } catch (Exception error) {
      System.out.println(
          "failed\t" + String.valueOf(error).replaceAll("[\\r\\n\\t]+", " "));
    }
    System.exit(0);
  }
}
