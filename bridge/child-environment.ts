import type { Handover } from "./handover.ts";
import type { Settings } from "./settings.ts";

/** What a server may see of the bridge's own environment: nothing that names a secret or changes how its runtime loads code. */
const PASSED = [
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

/** The whole environment of the server. */
export function childEnvironment(
  own: NodeJS.ProcessEnv,
  settings: Settings,
  handover: Handover,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of [...PASSED, ...settings.passedVariables]) {
    const value = own[name];
    if (value !== undefined) environment[name] = value;
  }
  if (settings.heapMb !== null) {
    environment["NODE_OPTIONS"] = `--max-old-space-size=${settings.heapMb}`;
  }
  return { ...environment, ...handover.variables, ...handover.credentials };
}
