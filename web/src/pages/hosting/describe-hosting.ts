import type { HostingCatalogueEntry } from "../../../../workers/contract/hosting/catalogue-entry.ts";
import { PROFILES, Profile } from "../../../../workers/contract/hosting/host-protocol.ts";
import type { HostedInstance } from "../../../../workers/contract/hosting/instances.ts";
import type { Tone } from "../../ui/page.tsx";

/** Size and its limits: "Small: 0.25 CPU, 256 MB". */
export function describeProfile(profile: Profile): string {
  const { cpus, memoryMb } = PROFILES[profile];
  const name = profile[0]?.toUpperCase() + profile.slice(1);
  return `${name}: ${cpus} CPU, ${memoryMb} MB`;
}

/** The sizes that a server can run in, smallest first, as choices of a select box. */
export function listProfiles(entry: HostingCatalogueEntry) {
  const least = PROFILES[entry.profile].memoryMb;
  return Profile.options
    .filter((profile) => PROFILES[profile].memoryMb >= least)
    .map((profile) => ({ value: profile, label: describeProfile(profile) }));
}

/** A server's variables, required ones first. */
export function sortVariables({ variables }: HostingCatalogueEntry) {
  return variables.toSorted((a, b) => Number(b.required) - Number(a.required));
}

/** Describes the destinations that the container is allowed to connect to. */
export function describeEgress({ egress, connectsTo, variables }: HostingCatalogueEntry): string {
  if (connectsTo !== undefined) {
    const label = variables.find(({ key }) => key === connectsTo)?.label ?? connectsTo;
    return `Only the database in “${label}”`;
  }
  if (egress.includes("*")) return "Any public host (HTTPS)";
  return egress.length === 0 ? "None" : `${egress.join(", ")} (HTTPS)`;
}

/** Describes how the server runs concurrent calls. */
export function describeConcurrency({ concurrency }: HostingCatalogueEntry): string {
  switch (concurrency) {
    case "parallel":
      return "Calls run in parallel";
    case "serial-writes":
      return "Reads run in parallel, writes one at a time";
    case "serial":
      return "Calls run one at a time";
  }
}

/** Label and badge tone of an instance's state and health. */
export function describeState({ state, health }: HostedInstance): { label: string; tone: Tone } {
  switch (state) {
    case "pending":
      return { label: "Pending", tone: "warn" };
    case "starting":
      return { label: "Starting", tone: "accent" };
    case "failed":
      return { label: "Failed", tone: "bad" };
    case "running":
      if (health === "healthy") return { label: "Running", tone: "ok" };
      if (health === "unknown") return { label: "Running, not checked yet", tone: "accent" };
      return { label: "Running, not responding", tone: "bad" };
  }
}

/** Whether the instance is running and its last health check succeeded. */
export function isReady({ state, health }: HostedInstance): boolean {
  return state === "running" && health === "healthy";
}
