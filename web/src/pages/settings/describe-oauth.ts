import type { OauthSettings } from "../../../../workers/contract/records/oauth.ts";

/** Which clients can sign in, for a list of choices. */
export const CLIENT_CHOICES: { value: OauthSettings["clients"]; label: string }[] = [
  { value: "any", label: "Every client" },
  { value: "verified", label: "Verified clients" },
  { value: "listed", label: "Verified clients of listed hosts" },
];

/** Says from which clients the members of a workspace can sign in. */
export function describeSignInClients({ enabled, clients, hosts }: OauthSettings): string {
  if (!enabled) return "Off";
  switch (clients) {
    case "any":
      return "On, from every client";
    case "verified":
      return "On, from clients whose host is verified";
    case "listed":
      return hosts.length === 0
        ? "On, from no client: no host is listed"
        : `On, from clients of ${hosts.join(", ")}`;
  }
}

/** The hosts in a text: one a line, or separated by commas or spaces. */
export function parseHosts(text: string): string[] {
  const hosts = text.toLowerCase().split(/[\s,]+/);
  return [...new Set(hosts)].filter((host) => host !== "");
}
