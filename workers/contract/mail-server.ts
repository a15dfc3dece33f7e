/** A mail server. `tls`: from the first byte, after STARTTLS, or not at all, which only a server of this machine may have. */
export interface MailServer {
  hostname: string;
  port: number;
  tls: "on" | "starttls" | "off";
  user: string | null;
  password: string;
}

/** Reads `smtp://user:password@host:587` or `smtps://…:465`. Null: it is none. */
export function readMailServer(text: string): MailServer | null {
  if (!URL.canParse(text)) return null;
  const { protocol, hostname, port, username, password } = new URL(text);
  if (protocol !== "smtp:" && protocol !== "smtps:") return null;
  const isLocal = hostname === "127.0.0.1" || hostname === "localhost";
  const tls = protocol === "smtps:" ? "on" : isLocal ? "off" : "starttls";
  return {
    hostname,
    port: Number(port) || (tls === "on" ? 465 : 587),
    tls,
    user: username === "" ? null : decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}

/** An address that cannot end its line, and so cannot add a header or a command. */
export function isMailAddress(text: string): boolean {
  return /^[^\s<>@\p{Cc}]+@[^\s<>@\p{Cc}]+$/u.test(text) && text.length <= 254;
}
