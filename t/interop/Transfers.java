// SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
// Many transfers with commons-net over JSSE, whose TLS 1.3 tickets serve once.
//
// JSSE looks a session up by host and port, so that a data connection finds
// none; programs that must reuse put the control connection's there by
// reflection, as this one does:
//
//   java --add-opens java.base/sun.security.ssl=ALL-UNNAMED \
//     --add-opens java.base/sun.security.util=ALL-UNNAMED \
//     -cp commons-net.jar Transfers.java PORT VERSION TRUSTSTORE ROUNDS

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.apache.commons.net.ftp.FTP;
import org.apache.commons.net.ftp.FTPSClient;

public class Transfers {
  static final class Client extends FTPSClient {
    Client(SSLContext context) {
      super(false, context);
    }

    /** The newest session of the control connection, under the data's name. */
    @Override
    protected void _prepareDataSocket_(Socket socket) throws IOException {
      try {
        Object sessions =
            ((SSLSocket) _socket_).getSession().getSessionContext();
        Field field =
            sessions.getClass().getDeclaredField("sessionHostPortCache");
        field.setAccessible(true);
        Object cache = field.get(sessions);
        Method get = cache.getClass().getMethod("get", Object.class);
        Method put =
            cache.getClass().getMethod("put", Object.class, Object.class);
        get.setAccessible(true);
        put.setAccessible(true);
        Object newest = get.invoke(cache, "localhost:" + _socket_.getPort());
        if (newest == null) {
          newest = ((SSLSocket) _socket_).getSession();
        }
        for (String host : new String[] {"localhost", "127.0.0.1"}) {
          put.invoke(cache, host + ":" + socket.getPort(), newest);
        }
      } catch (ReflectiveOperationException error) {
        throw new IOException(error);
      }
    }
  }

  static SSLContext trusting(String path) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (FileInputStream file = new FileInputStream(path)) {
      store.setCertificateEntry("root",
          CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(
        TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  static void check(boolean done, FTPSClient client) throws IOException {
    if (!done) {
      throw new IOException(client.getReplyString());
    }
  }

  public static void main(String[] args) throws Exception {
    Client client = new Client(trusting(args[2]));
    client.setEnabledProtocols(new String[] {args[1]});
    client.setDefaultTimeout(10000);
    client.connect("localhost", Integer.parseInt(args[0]));
    check(client.login("alice", "wonder"), client);
    client.execPBSZ(0);
    client.execPROT("P");
    client.enterLocalPassiveMode();
    check(client.setFileType(FTP.BINARY_FILE_TYPE), client);
    byte[] body = new byte[5000];
    for (int at = 0; at < body.length; at++) {
      body[at] = (byte) (at * 7 + at / 251);
    }
    for (int round = 0; round < Integer.parseInt(args[3]); round++) {
      String name = "java" + round;
      check(client.storeFile(name, new ByteArrayInputStream(body)), client);
      ByteArrayOutputStream got = new ByteArrayOutputStream();
      check(client.retrieveFile(name, got), client);
      if (!Arrays.equals(got.toByteArray(), body)) {
        throw new IOException("another file came back");
      }
    }
    client.logout();
    client.disconnect();
  }
}
