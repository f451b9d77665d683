// SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
// basic-ftp for Node.js: serves a plan (matrix.py says what that is).

const ftp = require("basic-ftp");
const fs = require("fs");
const { Writable } = require("stream");

const sleep = (seconds) =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function enter(client) {
  const version = process.env.FTP_VERSION;
  const options = { ca: fs.readFileSync(process.env.FTP_CA) };
  if (version !== "")
    options.minVersion = options.maxVersion = "TLSv" + version;
  await client.access({
    host: "localhost", port: Number(process.env.FTP_PORT),
    user: process.env.FTP_USER, password: process.env.FTP_PASS,
    secure: process.env.FTP_MODE === "implicit" ? "implicit" : true,
    secureOptions: options });
}

async function serve(client, [operation, a, b, number]) {
  switch (operation) {
    case "put": await client.uploadFrom(a, b); break;
    case "get": await client.downloadTo(b, a); break;
    case "resumeget": await client.downloadTo(b, a, Number(number)); break;
    case "resumeput":
      await client.appendFrom(a, b, { localStart: Number(number) });
      break;
    case "list": {
      const names = (await client.list()).map((each) => each.name);
      return ["ok", ...names].join("\t");
    }
    case "abort": {
      // Its manual: who stops a transfer closes the client, and enters again.
      const closes = new Writable({ write() { setImmediate(() =>
        client.close()); } });
      await client.downloadTo(closes, a).catch(() => {});
      await enter(client);
      break;
    }
    case "sleep": await sleep(Number(a)); break;
    default: return "cannot";
  }
  return "ok";
}

(async () => {
  const client = new ftp.Client(15000);
  try {
    await enter(client);
    const plan = fs.readFileSync(process.argv[2], "utf8").trimEnd();
    for (const line of plan.split("\n"))
      console.log(await serve(client, line.split("\t")));
  } catch (error) {
    console.log("failed\t" + String(error).replace(/[\r\n\t]+/g, " "));
  } finally {
    client.close();
  }
})();
