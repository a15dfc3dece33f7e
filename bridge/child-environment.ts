import type { Handover } from "./handover.ts";
import type { Settings } from "./settings.ts";

/** Variables that the server inherits from the bridge: none contains a secret or makes a runtime load code. */
const INHERITED = [
  "PATH",
  "HOME",
  "TMPDIR",
  "LANG",
  "LC_ALL",
  "TZ",
  "TERM",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
  "NODE_USE_ENV_PROXY",
  "NODE_EXTRA_CA_CERTS",
  "MALLOC_ARENA_MAX",
];

/** The complete environment of the server. The handover's variables override inherited ones. */
export function toChildEnvironment(
  bridgeEnvironment: NodeJS.ProcessEnv,
  settings: Settings,
  handover: Handover,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of [...INHERITED, ...settings.passedVariables]) {
    const value = bridgeEnvironment[name];
    if (value !== undefined) environment[name] = value;
  }
  if (settings.heapMb !== null) {
    environment["NODE_OPTIONS"] = `--max-old-space-size=${settings.heapMb}`;
  }
  return { ...environment, ...handover.variables, ...handover.credentials };
}
