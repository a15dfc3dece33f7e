import { z } from "zod";

const Address = z
  .string()
  .regex(/^https?:\/\/[^?#]+$/, "give an https:// URL")
  .transform((url) => url.replace(/\/+$/, ""));

/** The services that publishing asks, by what they are asked for. */
export const PublishingServices = z.strictObject({
  /** The official registry, to which versions are handed on. */
  registry: Address.default("https://registry.modelcontextprotocol.io"),
  /** Resolves names over HTTPS, with JSON as the response (application/dns-json). */
  dns: Address.default("https://cloudflare-dns.com/dns-query"),
  /** Markers in packages. */
  npm: Address.default("https://registry.npmjs.org"),
  pypi: Address.default("https://pypi.org"),
  nuget: Address.default("https://api.nuget.org"),
  cargo: Address.default("https://crates.io"),
  /** Sign-ins at GitHub, and its API. */
  github: Address.default("https://github.com"),
  githubApi: Address.default("https://api.github.com"),
});
export type PublishingServices = z.infer<typeof PublishingServices>;
