import type { MailServer } from "../contract/mail-server.ts";
import type { Env } from "../runtime/env.ts";
import { withTimeout } from "../runtime/with-timeout.ts";

const TOTAL_MS = 20_000;
/** Longer replies are not SMTP. */
const MAX_REPLY_CHARACTERS = 10_000;

/** Where one message goes. `data`: the message as lines with CRLF (RFC 5322). */
export interface Envelope {
  from: string;
  to: string;
  data: string;
}

/** What a mail server has answered instead of what it should. Holds no word of the message and no credential. */
class SmtpError extends Error {}

/** Hands a message to a mail server (RFC 5321). Returns why it was not taken, in a sentence; null: it was. Never throws. */
export async function sendBySmtp(
  env: Env,
  server: MailServer,
  envelope: Envelope,
): Promise<string | null> {
  const connection = new Connection();
  try {
    const sent = await withTimeout(talk(env, connection, server, envelope), TOTAL_MS);
    return sent === "late" ? `The mail server did not answer within ${TOTAL_MS / 1_000} s.` : null;
  } catch (error) {
    if (error instanceof SmtpError) return error.message;
    return "The mail server cannot be reached.";
  } finally {
    connection.close();
  }
}

async function talk(
  env: Env,
  connection: Connection,
  { hostname, port, tls, user, password }: MailServer,
  { from, to, data }: Envelope,
): Promise<void> {
  await connection.open(env, `${hostname}:${port}`, tls);
  await connection.expect(220);
  await connection.say("EHLO mcpnest", 250);
  if (tls === "starttls") {
    await connection.say("STARTTLS", 220);
    connection.startTls();
    await connection.say("EHLO mcpnest", 250);
  }
  if (user !== null) {
    const secret = new TextEncoder().encode(`\0${user}\0${password}`).toBase64();
    await connection.say(`AUTH PLAIN ${secret}`, 235);
  }
  await connection.say(`MAIL FROM:<${from}>`, 250);
  await connection.say(`RCPT TO:<${to}>`, 250);
  await connection.say("DATA", 354);
  // A line that begins with a dot gets another one (RFC 5321, section 4.5.2).
  await connection.say(`${data.replaceAll(/^\./gm, "..")}\r\n.`, 250);
  await connection.say("QUIT", 221);
}

/** A connection to a mail server. */
class Connection {
  #socket: Socket | null = null;
  #reader: ReadableStreamDefaultReader<string> | null = null;
  #writer: WritableStreamDefaultWriter<Uint8Array> | null = null;
  #received = "";

  async open(env: Env, address: string, tls: MailServer["tls"]): Promise<void> {
    const options: SocketOptions = { secureTransport: tls, allowHalfOpen: false };
    if (env.EGRESS) this.#use(env.EGRESS.connect(address, options));
    else {
      const { connect } = await import("cloudflare:sockets");
      this.#use(connect(address, options));
    }
  }

  startTls(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#reader?.releaseLock();
    this.#writer?.releaseLock();
    this.#received = "";
    this.#use(socket.startTls());
  }

  /** Sends a line, and expects a reply with this code. */
  async say(line: string, code: number): Promise<void> {
    await this.#writer?.write(new TextEncoder().encode(`${line}\r\n`));
    await this.expect(code);
  }

  /** Reads a reply, of one line or more (RFC 5321, section 4.2.1). */
  async expect(code: number): Promise<void> {
    for (;;) {
      const end = /^\d{3}(?: .*)?\r\n/m.exec(this.#received);
      if (end) {
        const found = Number(end[0].slice(0, 3));
        this.#received = this.#received.slice(end.index + end[0].length);
        if (found !== code)
          throw new SmtpError(`The mail server answered with ${found} instead of ${code}.`);
        return;
      }
      if (this.#received.length > MAX_REPLY_CHARACTERS)
        throw new SmtpError("What answers there is not a mail server.");
      const next = await this.#reader?.read();
      if (!next || next.done) throw new SmtpError("The mail server closed the connection.");
      this.#received += next.value;
    }
  }

  close(): void {
    // It can have failed already; then there is nothing left to close.
    void this.#socket?.close().catch(() => undefined);
  }

  #use(socket: Socket): void {
    this.#socket = socket;
    this.#reader = socket.readable.pipeThrough(new TextDecoderStream()).getReader();
    this.#writer = socket.writable.getWriter();
  }
}
