import type { HostingCatalogueEntry } from "../../../../workers/contract/hosting/catalogue-entry.ts";
import { PROFILES, Profile } from "../../../../workers/contract/hosting/host-protocol.ts";
import type { HostedInstance } from "../../../../workers/contract/hosting/instances.ts";
import type { Tone } from "../../ui/page.tsx";

/** "Small: 0.25 CPU, 256 MB". */
export function describeProfile(profile: Profile): string {
  const { cpus, memoryMb } = PROFILES[profile];
  const name = profile[0]?.toUpperCase() + profile.slice(1);
  return `${name}: ${cpus} CPU, ${memoryMb} MB`;
}

/** The profiles that a server runs in, smallest first. */
export function profilesFor(entry: HostingCatalogueEntry) {
  const least = PROFILES[entry.profile].memoryMb;
  return Profile.options
    .filter((profile) => PROFILES[profile].memoryMb >= least)
    .map((profile) => ({ value: profile, label: describeProfile(profile) }));
}

/** A server's variables, those first that it cannot do without. */
export function orderVariables({ variables }: HostingCatalogueEntry) {
  return variables.toSorted((a, b) => Number(b.required) - Number(a.required));
}

/** What the container may connect to, in a sentence. */
export function describeEgress({ egress, connectsTo, variables }: HostingCatalogueEntry): string {
  if (connectsTo !== undefined) {
    const label = variables.find(({ key }) => key === connectsTo)?.label ?? connectsTo;
    return `Only the database of “${label}”`;
  }
  if (egress.includes("*")) return "Any public host, by HTTPS";
  return egress.length === 0 ? "Nothing" : `${egress.join(", ")}, by HTTPS`;
}

/** How calls share the server. */
export function describeConcurrency({ concurrency }: HostingCatalogueEntry): string {
  switch (concurrency) {
    case "parallel":
      return "Side by side";
    case "serial-writes":
      return "Reads side by side, one change at a time";
    case "serial":
      return "One at a time";
  }
}

/** An instance's state and health as one word. */
export function describeState({ state, health }: HostedInstance): { word: string; tone: Tone } {
  switch (state) {
    case "pending":
      return { word: "Pending", tone: "warn" };
    case "starting":
      return { word: "Starting", tone: "accent" };
    case "failed":
      return { word: "Failed", tone: "bad" };
    case "running":
      if (health === "healthy") return { word: "Running", tone: "ok" };
      if (health === "unknown") return { word: "Running, not looked at yet", tone: "accent" };
      return { word: "Running, not answering", tone: "bad" };
  }
}

/** It serves calls. */
export function isReady({ state, health }: HostedInstance): boolean {
  return state === "running" && health === "healthy";
}
