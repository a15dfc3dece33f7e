import type { HostFinding } from "../../workers/contract/hosting/host-protocol.ts";

/** What an engine reports about itself and the machine. */
export interface EngineFacts {
  version: string;
  /** The version of runc, and its build, which is the package's version in Debian; null: not reported. */
  runc: { version: string; build: string } | null;
  defaultRuntime: string;
  kernel: string;
  cgroupVersion: string;
  /** Limits that the engine cannot set: memory, CPU, processes. */
  missingLimits: string[];
  /** Names of `SecurityOptions`: seccomp, apparmor, selinux, rootless, userns. */
  security: ReadonlySet<string>;
  storageDriver: string;
  /** The engine listens on the network without authentication. */
  isOpenToNetwork: boolean;
}

type Finding = Omit<HostFinding, "check">;

const ok = (message: string): Finding => ({ state: "ok", message });
const warning = (message: string): Finding => ({ state: "warning", message });
const refused = (message: string): Finding => ({ state: "refused", message });

/** Escapes from the container through masked paths and /proc (November 2025), and the versions that fix them. */
const RUNC_CVES = "CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881";
const RUNC_FIXED = "1.2.8, 1.3.3 or 1.4.0";
/** First fixed patch release of each minor release of runc 1.x; later minor releases are fixed. */
const RUNC_FIXED_PATCH: Record<number, number> = { 2: 8, 3: 3 };
const RUNC_FIRST_FIXED_MINOR = 4;
const RUNC_FIXED_CANDIDATE = 3;
/** Builds of distributions whose changelog does not contain the fixes. */
const RUNC_UNFIXED_BUILDS = new Set(["1.1.5+ds1-1", "1.1.5+ds1-1+deb12u1"]);
/** Distributions add fixes without changing the version of upstream. */
const DISTRIBUTION_BUILD = /[+~.-](ds|dfsg|deb|el|fc|amzn|azl)\d|ubuntu/i;
const MIN_ENGINE = [20, 10] as const;
/** The oldest kernel that is maintained upstream. */
const MAINTAINED_KERNEL = [5, 10] as const;
const STORAGE_DRIVERS = new Set(["overlay2", "overlayfs", "btrfs", "zfs", "fuse-overlayfs"]);

/** Pure: judges the engine. A `refused` finding means that hosted servers are not isolated as promised. */
export function judgeEngine(facts: EngineFacts): HostFinding[] {
  return [
    { check: "engine", ...judgeVersion(facts) },
    { check: "runc", ...judgeRunc(facts) },
    { check: "kernel", ...judgeKernel(facts) },
    { check: "cgroup", ...judgeCgroup(facts) },
    { check: "seccomp", ...judgeSeccomp(facts) },
    { check: "security-module", ...judgeSecurityModule(facts) },
    { check: "namespaces", ...judgeNamespaces(facts) },
    { check: "storage", ...judgeStorage(facts) },
  ];
}

function judgeVersion({ version, isOpenToNetwork }: EngineFacts): Finding {
  if (isOpenToNetwork) {
    return refused(
      "The engine's API is open to the network without authentication, which is equivalent to root for everybody who reaches it: remove tcp:// from the engine's hosts.",
    );
  }
  if (!isAtLeast(version, MIN_ENGINE)) {
    return refused(`Docker ${version} is too old: install ${MIN_ENGINE.join(".")} or newer.`);
  }
  return ok(`Docker ${version}.`);
}

function judgeRunc({ runc, defaultRuntime }: EngineFacts): Finding {
  if (defaultRuntime !== "runc") return ok(`Containers run with ${defaultRuntime}, not with runc.`);
  if (!runc) {
    return warning(
      `The engine does not report runc's version: check that it is ${RUNC_FIXED}, or newer.`,
    );
  }
  const name = `runc ${runc.version}`;
  if (isFixedRunc(runc.version)) return ok(`${name}.`);
  const remedy = `Install ${RUNC_FIXED}, or newer.`;
  if (RUNC_UNFIXED_BUILDS.has(runc.build)) {
    return warning(
      `${name} (${runc.build}) has no fixes for ${RUNC_CVES}, with which a container can escape: update the package. If the distribution has no newer one: ${remedy}`,
    );
  }
  if (DISTRIBUTION_BUILD.test(`${runc.version} ${runc.build}`)) {
    return warning(
      `${name} (${runc.build}) is a distribution's build. Its version does not say whether it has the fixes for ${RUNC_CVES}: check the distribution's security tracker.`,
    );
  }
  return refused(`${name} is vulnerable to ${RUNC_CVES}: a container can escape. ${remedy}`);
}

function isFixedRunc(version: string): boolean {
  const [, major, minor, patch, candidate] =
    /^v?(\d+)\.(\d+)\.(\d+)(?:-rc\.?(\d+))?/.exec(version)?.map(Number) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return false;
  if (major !== 1) return major > 1;
  if (minor < RUNC_FIRST_FIXED_MINOR) return patch >= (RUNC_FIXED_PATCH[minor] ?? Infinity);
  const isFirst = minor === RUNC_FIRST_FIXED_MINOR && patch === 0;
  return !isFirst || !(candidate !== undefined && candidate < RUNC_FIXED_CANDIDATE);
}

function judgeKernel({ kernel }: EngineFacts): Finding {
  if (isAtLeast(kernel, MAINTAINED_KERNEL)) return ok(`Linux ${kernel}.`);
  return warning(
    `Linux ${kernel} is no longer maintained upstream, and all containers share it: install ${MAINTAINED_KERNEL.join(".")} or newer.`,
  );
}

function judgeCgroup({ cgroupVersion, missingLimits }: EngineFacts): Finding {
  if (missingLimits.length > 0) {
    return refused(
      `The engine cannot limit ${missingLimits.join(", ")}: enable these cgroup controllers.`,
    );
  }
  if (cgroupVersion === "2") return ok("cgroup version 2.");
  return warning(
    "cgroup version 1 limits servers, but gets no more development: boot with systemd.unified_cgroup_hierarchy=1.",
  );
}

function judgeSeccomp({ security }: EngineFacts): Finding {
  if (security.has("seccomp")) return ok("The system calls of servers are filtered.");
  return refused(
    "The engine cannot filter system calls: use a kernel and an engine with seccomp support.",
  );
}

function judgeSecurityModule({ security }: EngineFacts): Finding {
  const found = ["apparmor", "selinux"].find((name) => security.has(name));
  if (found) return ok(`${found} is in force.`);
  return warning(
    "Neither AppArmor nor SELinux confines containers: enable one of them, as a second layer.",
  );
}

function judgeNamespaces({ security }: EngineFacts): Finding {
  if (security.has("rootless")) {
    return refused(
      "The engine is rootless: its networks are outside this machine's firewall. Use the engine of the system.",
    );
  }
  if (security.has("userns")) return ok("Users of containers are mapped to other users.");
  return ok("Users of containers are not mapped; servers run as user 1000 without capabilities.");
}

function judgeStorage({ storageDriver }: EngineFacts): Finding {
  if (STORAGE_DRIVERS.has(storageDriver)) return ok(`${storageDriver}.`);
  return warning(
    `The storage driver ${storageDriver} is slow or no longer supported: use overlay2.`,
  );
}

/** Compares the first two numbers of a version. An unreadable version is not at least anything. */
function isAtLeast(version: string, [minMajor, minMinor]: readonly [number, number]): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) return false;
  return major > minMajor || (major === minMajor && minor >= minMinor);
}
