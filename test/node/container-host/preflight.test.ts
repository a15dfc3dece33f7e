import { chmod, cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { judgeEngine, type EngineFacts } from "../../../container-host/engine/engine-findings.ts";
import {
  FLEET_SUBJECT,
  HostStatus,
  type HostFinding,
} from "../../../workers/contract/hosting/host-protocol.ts";
import { engineProblem } from "./engine-problem.ts";
import { withHost } from "./with-host.ts";

const GOOD: EngineFacts = {
  version: "29.0.1",
  runc: { version: "1.3.3", build: "v1.3.3-0-gd842d771" },
  defaultRuntime: "runc",
  kernel: "6.12.48+deb13-amd64",
  cgroupVersion: "2",
  missingLimits: [],
  security: new Set(["seccomp", "apparmor", "cgroupns"]),
  storageDriver: "overlay2",
  isOpenToNetwork: false,
};

/** The findings of these facts that are not ok, as `check: state`. */
const judge = (facts: Partial<EngineFacts>) =>
  judgeEngine({ ...GOOD, ...facts }).flatMap(({ check, state }) =>
    state === "ok" ? [] : [`${check}: ${state}`],
  );
const judgeRunc = (version: string, build = "") => judge({ runc: { version, build } });

test("a current engine has no finding", () => {
  expect(judge({})).toEqual([]);
});

test.each(["1.1.15", "1.2.7", "1.3.2", "1.4.0-rc.2", "1.0.0-rc93", "unknown"])(
  "runc %s is refused",
  (version) => expect(judgeRunc(version)).toEqual(["runc: refused"]),
);

test.each(["1.2.8", "1.2.10", "1.3.3", "1.3.10", "1.4.0-rc.3", "1.4.0", "1.5.0-rc.1", "2.0.0"])(
  "runc %s has no finding",
  (version) => expect(judgeRunc(version)).toEqual([]),
);

test.each([
  ["1.1.5+ds1", "1.1.5+ds1-1+deb12u1"],
  ["1.1.5+ds1", "1.1.5+ds1-1+deb12u2"],
  ["1.1.12-0ubuntu2~22.04.1", ""],
  ["1.2.4", "1.2.4-1.el9"],
])("a distribution's runc %s (%s) is a warning, because its version does not tell", (...runc) => {
  expect(judgeRunc(...runc)).toEqual(["runc: warning"]);
});

test.each<[Partial<EngineFacts>, string]>([
  [{ version: "19.03.15" }, "engine: refused"],
  [{ isOpenToNetwork: true }, "engine: refused"],
  [{ kernel: "4.19.0-27-amd64" }, "kernel: warning"],
  [{ missingLimits: ["memory"] }, "cgroup: refused"],
  [{ cgroupVersion: "1" }, "cgroup: warning"],
  [{ security: new Set(["apparmor"]) }, "seccomp: refused"],
  [{ security: new Set(["seccomp"]) }, "security-module: warning"],
  [{ security: new Set(["seccomp", "selinux", "rootless"]) }, "namespaces: refused"],
  [{ storageDriver: "vfs" }, "storage: warning"],
  [{ runc: null }, "runc: warning"],
])("an engine with %j has one finding", (facts, finding) => {
  expect(judge(facts)).toEqual([finding]);
});

test("another runtime than runc is not judged by the version of runc", () => {
  expect(judge({ defaultRuntime: "runsc", runc: { version: "1.1.0", build: "" } })).toEqual([]);
});

describe.skipIf(engineProblem)("preflight of a container host", () => {
  const parts = withHost();

  const readFindings = async (): Promise<Record<string, HostFinding["state"]>> => {
    const { body } = await parts.host.client.send({
      method: "GET",
      path: "/v1/host",
      subject: FLEET_SUBJECT,
    });
    const { findings = [] } = HostStatus.parse(body);
    return Object.fromEntries(findings.map(({ check, state }) => [check, state]));
  };
  /** Replaces runc, in the engine's namespaces, by one that reports this version and otherwise works. */
  const replaceRunc = async (version: string) => {
    const { engine } = parts;
    const original = engine.run("sh", ["-c", "readlink -f $(command -v runc)"]).trim();
    const copy = join(engine.folder, "runc-original");
    const wrapper = join(engine.folder, "runc");
    await cp(original, copy);
    await writeFile(
      wrapper,
      `#!/bin/sh\nif [ "$1" = --version ]; then printf 'runc version ${version}\\ncommit: v${version}\\n'; else exec ${copy} "$@"; fi\n`,
    );
    await chmod(wrapper, 0o755);
    engine.run("mount", ["--bind", wrapper, original]);
    return () => engine.run("umount", [original]);
  };

  test("the status of a host contains the result of every check", async () => {
    expect(Object.keys(await readFindings()).toSorted()).toEqual([
      "cgroup",
      "engine",
      "firewall",
      "kernel",
      "namespaces",
      "neighbours",
      "runc",
      "seccomp",
      "security-module",
      "storage",
    ]);
    expect(await readFindings()).toMatchObject({ engine: "ok", seccomp: "ok", firewall: "ok" });
  });

  test("a host with a vulnerable runc accepts no new instance, restarts those it has, and says so in its log", async () => {
    const { host } = parts;
    const before = await host.deploy("plain");
    const restore = await replaceRunc("1.2.7");
    try {
      expect(await readFindings()).toMatchObject({ runc: "refused" });
      expect(host.output).toContain('"host_finding"');
      const refused = await host.deploy("plain");
      expect([refused.status, refused.response.error.code]).toEqual([503, "host_unsafe"]);
      expect(refused.response.error.message).toContain("CVE-2025-31133");
      const again = await host.deploy("plain", { ids: before, profile: "medium" });
      expect(again.response.state).toBe("running");
      await host.stop();
      await host.start();
      expect((await host.deploy("plain")).status).toBe(503);
      await host.stop();
      await host.start({ MCPNEST_HOST_ACCEPTED_CHECKS: "runc" });
      expect(await readFindings()).toMatchObject({ runc: "warning" });
      expect((await host.deploy("plain")).response.state).toBe("running");
    } finally {
      restore();
      await host.stop();
      await host.start();
    }
  });

  test("a host whose firewall rules cannot be set accepts no new instance until they can", async () => {
    const { host, engine } = parts;
    const iptables = engine.run("readlink", ["-f", "/usr/sbin/iptables"]).trim();
    engine.run("mount", ["--bind", "/bin/false", iptables]);
    try {
      expect(await readFindings()).toMatchObject({ firewall: "refused" });
      expect((await host.deploy("plain")).status).toBe(503);
    } finally {
      engine.run("umount", [iptables]);
    }
    expect(await readFindings()).toMatchObject({ firewall: "ok" });
    expect((await host.deploy("plain")).response.state).toBe("running");
  });
});
