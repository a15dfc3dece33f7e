import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { compactVerify, importJWK } from "jose";
import { describe, expect, test } from "vitest";
import {
  FLEET_SUBJECT,
  HostProof,
  HostRegistration,
  HostStatus,
} from "../../../workers/contract/hosting/host-protocol.ts";
import { engineProblem } from "./engine-problem.ts";
import { HOST_ID } from "./host-client.ts";
import { newInstanceId, newWorkspaceId } from "./host-process.ts";
import { withHost } from "./with-host.ts";

const CANARY = "canary-5f1d0c7e9b2a4c68";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe.skipIf(engineProblem)("deployment on a container host", () => {
  const parts = withHost();
  const containers = () => parts.engine.docker.listContainers({ all: true });

  test("a hosted server is deployed, called and terminated, and its containers and networks are removed", async () => {
    const { host, engine } = parts;
    const networks = async () =>
      new Set((await engine.docker.listNetworks()).map(({ Name }) => Name));
    const before = await networks();
    const deployed = await host.deploy("plain");
    expect(deployed.response).toMatchObject({ state: "running", health: "healthy", reason: null });
    expect(await host.call(deployed, "echo", { text: "héllo" })).toBe("héllo");
    expect((await host.terminate(deployed)).status).toBe(204);
    expect((await host.terminate(deployed)).status).toBe(404);
    expect(await containers()).toEqual([]);
    expect(await networks()).toEqual(before);
  });

  test("a hosted server has no privileges in its container and the resources of its profile", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    // oxlint-disable-next-line typescript/no-explicit-any -- the fault server's result is read without a type
    const found = (await host.call(deployed, "confinement")) as any;
    expect(found).toMatchObject({
      uid: 1000,
      writeRoot: "EROFS",
      writeTmp: "ok",
      runTmp: "EACCES",
    });
    expect(found.shm).toBe("ENOSPC");
    expect(found.status).toMatch(/^CapEff:\s0+$/m);
    expect(found.status).toMatch(/^CapBnd:\s0+$/m);
    expect(found.status).toMatch(/^NoNewPrivs:\s1$/m);
    expect(found.status).toMatch(/^Seccomp:\s2$/m);
    const { HostConfig, NetworkSettings } = await (await host.container(deployed)).inspect();
    expect(HostConfig).toMatchObject({
      NanoCpus: 0.25e9,
      Memory: 256 * 1024 * 1024,
      MemorySwap: 256 * 1024 * 1024,
      PidsLimit: 64,
      ReadonlyRootfs: true,
      Privileged: false,
      RestartPolicy: { Name: "no" },
    });
    expect(Object.values(NetworkSettings.Ports).filter(Boolean)).toEqual([]);
  });

  test("a hosted server gets its credential, which no engine record, log or file contains", async () => {
    const { host, engine } = parts;
    const variables = { SECRET_KEY: CANARY, REGION: "eu" };
    const deployed = await host.deploy("secret", { variables });
    expect(deployed.response.state).toBe("running");
    expect(await host.call(deployed, "environment")).toMatchObject({
      SECRET_KEY: "[redacted]",
      REGION: "eu",
      FIXED: "as-it-is",
    });
    expect(await host.call(deployed, "digest", { name: "SECRET_KEY" })).toBe(sha256(CANARY));
    await host.call(deployed, "say", { text: `my key is ${CANARY}` });
    const container = await host.container(deployed);
    const info = await container.inspect();
    const readLog = () => container.logs({ stdout: true, stderr: true });
    await expect.poll(async () => String(await readLog())).toContain("my key is");
    const log = await readLog();
    const events = await engine.docker.getEvents({ since: 0, until: Date.now() / 1000 });
    const chunks: Buffer[] = [];
    for await (const chunk of events) chunks.push(Buffer.from(chunk));
    const places = [info, log, Buffer.concat(chunks), host.output].map(String);
    expect(JSON.stringify(info) + places.join()).not.toContain(CANARY);
    // All files of engine and host. 1: no match.
    const search = (word: string) =>
      spawnSync("grep", ["-rqF", "--devices=skip", word, engine.folder]).status;
    expect(search(CANARY)).toBe(1);
    expect(search("mcpnest.fingerprint")).toBe(0);
  });

  test("a hosted server gets a credential that begins with a dash and has several lines", async () => {
    const { host } = parts;
    const key =
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIDZ1\n-----END PRIVATE KEY-----\n";
    const deployed = await host.deploy("secret", { variables: { SECRET_KEY: key } });
    expect(deployed.response.state).toBe("running");
    expect(await host.call(deployed, "digest", { name: "SECRET_KEY" })).toBe(sha256(key));
  });

  test("a hosted server is not changed by an identical deployment, and gets a new container from a different one", async () => {
    const { host } = parts;
    const first = await host.deploy("secret", { variables: { SECRET_KEY: "one" } });
    const { id } = await host.container(first);
    await host.deploy("secret", { ids: first, variables: { SECRET_KEY: "one" } });
    expect((await host.container(first)).id).toBe(id);
    await host.deploy("secret", { ids: first, variables: { SECRET_KEY: "two" } });
    expect((await host.container(first)).id).not.toBe(id);
    expect(await host.call(first, "environment")).toMatchObject({ SECRET_KEY: "two" });
    expect(await containers()).toHaveLength(1);
    const foreign = await host.deploy("plain", {
      ids: { ...first, workspaceId: newWorkspaceId() },
    });
    expect([foreign.status, foreign.response.error.code]).toEqual([409, "conflict"]);
  });

  test("a hosted server is restarted with the profile and variables of the restart request", async () => {
    const { host } = parts;
    const deployed = await host.deploy("secret", { variables: { SECRET_KEY: "old" } });
    const { id } = await host.container(deployed);
    const restart = (instanceId: string) =>
      host.client.send({
        method: "POST",
        path: `/v1/instances/${instanceId}/restart`,
        subject: deployed.workspaceId,
        body: { catalogueId: "secret", profile: "medium", variables: { SECRET_KEY: "new" } },
      });
    expect((await restart(deployed.instanceId)).body).toMatchObject({
      state: "running",
      profile: "medium",
    });
    expect((await host.container(deployed)).id).not.toBe(id);
    expect(await host.call(deployed, "environment")).toMatchObject({ SECRET_KEY: "new" });
    expect((await restart(newInstanceId())).status).toBe(404);
  });

  test.each([
    ["NODE_OPTIONS", { SECRET_KEY: "x", NODE_OPTIONS: "--require=/tmp/x.js" }, "invalid_variable"],
    ["LD_PRELOAD", { SECRET_KEY: "x", LD_PRELOAD: "/tmp/x.so" }, "invalid_variable"],
    ["MCP_COMMAND", { SECRET_KEY: "x", MCP_COMMAND: "sleep 1" }, "invalid_variable"],
    ["a name that the entry does not have", { SECRET_KEY: "x", OTHER: "x" }, "invalid_variable"],
    ["a lower-case name", { SECRET_KEY: "x", path: "/tmp" }, "invalid_variable"],
    ["a value with a zero byte", { SECRET_KEY: "x\0y" }, "invalid_variable"],
    ["a missing required value", { REGION: "eu" }, "invalid_variable"],
    ["an empty required value", { SECRET_KEY: "" }, "invalid_variable"],
  ])(
    "a deployment whose variables have %s is refused, and no container is created",
    async (_, variables, code) => {
      const { status, response } = await parts.host.deploy("secret", { variables });
      expect([status, response.error.code]).toEqual([422, code]);
      expect(JSON.stringify(response)).not.toContain("/tmp");
      expect(await containers()).toEqual([]);
    },
  );

  // Some bodies deliberately do not match the request's type.
  test.each<[string, string, object, number, string]>([
    ["an unknown entry", "nothing", {}, 422, "unknown_catalogue_entry"],
    ["an entry whose image is not allowed", "browsing", {}, 422, "unknown_catalogue_entry"],
    ["a smaller profile than the entry needs", "wide", {}, 422, "profile_too_small"],
    ["an image that the caller chooses", "plain", { image: "alpine" }, 400, "invalid_request"],
    ["a command that the caller chooses", "plain", { command: "sleep 1" }, 400, "invalid_request"],
    ["a catalogue id with a path traversal", "../plain", {}, 400, "invalid_request"],
    ["an unknown profile", "plain", { profile: "huge" }, 400, "invalid_request"],
  ])(
    "a deployment with %s is refused, and no container is created",
    async (_, entry, more, status, code) => {
      const deployed = await parts.host.deploy(entry, more);
      expect([deployed.status, deployed.response.error.code]).toEqual([status, code]);
      expect(await containers()).toEqual([]);
    },
  );

  test.each([
    "ins_0123456789abcdef01234567/../../../host",
    "ins_0123456789abcdef01234567%2Fmcp",
    "../containers/json",
    "INS_0123456789ABCDEF01234567",
    "ins_0123",
  ])("a deployment under the id %s is refused as not found", async (instanceId) => {
    const deployed = await parts.host.deploy("plain", {
      ids: { workspaceId: newWorkspaceId(), instanceId },
    });
    expect(deployed.status).toBe(404);
    expect(await containers()).toEqual([]);
  });

  test.each([
    ["exits", "start_failed", "exit code 4"],
    ["absent", "start_failed", "exit code 3"],
  ])("fails at once with the reason when it cannot start (%s)", async (entry, code, words) => {
    const { host } = parts;
    const deployed = await host.deploy(entry);
    expect(deployed.response).toMatchObject({
      state: "failed",
      health: "unknown",
      reason: { code },
    });
    expect(deployed.response.reason.message).toContain(words);
    expect(await host.call(deployed, "echo")).toMatchObject({ status: 503 });
  });

  test("a hosted server fails with image_unavailable when its image is absent and cannot be pulled", async () => {
    const { host, engine } = parts;
    await host.stop();
    const other = `sha256:${"0".repeat(64)}`;
    const pull = `127.0.0.1:9/servers@${other}`;
    // An image that is absent and has no source is not offered.
    await host.start({ MCPNEST_HOST_IMAGES: JSON.stringify({ servers: { id: other } }) });
    expect((await host.status()).catalogueIds).toEqual([]);
    await host.stop();
    await host.start({ MCPNEST_HOST_IMAGES: JSON.stringify({ servers: { id: other, pull } }) });
    expect((await host.status()).catalogueIds).toContain("plain");
    const deployed = await host.deploy("plain");
    expect(deployed.response).toMatchObject({
      state: "failed",
      reason: { code: "image_unavailable" },
    });
    expect(await engine.docker.listContainers({ all: true })).toEqual([]);
    await host.stop();
    await host.start();
  });

  test("a hosted server is refused by a draining host, which keeps its instances and stays draining after a restart", async () => {
    const { host } = parts;
    const drain = (isDraining: boolean) =>
      host.client.send({
        method: "PUT",
        path: "/v1/host/draining",
        subject: FLEET_SUBJECT,
        body: { isDraining },
      });
    const deployed = await host.deploy("plain");
    expect((await drain(true)).status).toBe(204);
    await host.stop();
    await host.start();
    const refused = await host.deploy("plain");
    expect([refused.status, refused.response.error.code]).toEqual([503, "host_draining"]);
    expect(await host.call(deployed, "echo", { text: "still" })).toBe("still");
    await drain(false);
  });

  test("a hosted server is listed for its workspace only, and for the fleet with the host's proof", async () => {
    const { host } = parts;
    const one = await host.deploy("plain");
    const two = await host.deploy("plain");
    const list = async (subject: string) => {
      const path = "/v1/instances";
      const { body } = await host.client.send({ method: "GET", path, subject });
      return body.instances.map(({ id }: { id: string }) => id);
    };
    expect(await list(one.workspaceId)).toEqual([one.instanceId]);
    expect(await list(newWorkspaceId())).toEqual([]);
    expect((await list(FLEET_SUBJECT)).toSorted()).toEqual(
      [one.instanceId, two.instanceId].toSorted(),
    );
    const claims = { jti: "A".repeat(22) };
    const request = { method: "GET", path: "/v1/host", subject: FLEET_SUBJECT };
    const token = await host.client.sign(request, { claims });
    const status = HostStatus.parse((await host.client.send({ ...request, token })).body);
    expect(status).toMatchObject({ id: HOST_ID, instances: 2, isDraining: false });
    expect(status.catalogueIds).toContain("plain");
    expect(status.catalogueIds).not.toContain("browsing");
    const x = /"publicKey":"([^"]+)"/.exec(host.output)?.[1];
    const url = "https://host-1.example.com";
    const { publicKey } = HostRegistration.parse({ id: HOST_ID, url, publicKey: x });
    const key = await importJWK({ kty: "OKP", crv: "Ed25519", x: publicKey }, "EdDSA");
    const { payload } = await compactVerify(status.proof, key);
    const proof = HostProof.parse(JSON.parse(new TextDecoder().decode(payload)));
    expect(proof).toEqual({ hostId: HOST_ID, ...claims });
  });
});
