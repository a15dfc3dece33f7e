import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { installOf } from "../../../workers/contract/marketplace/install/installation.ts";
import { ServerDocument } from "../../../workers/contract/marketplace/server-document.ts";

const PACKAGES = {
  docker: { registryType: "oci", identifier: "acme/weather:1.0" },
  podman: { registryType: "oci", identifier: "acme/weather:1.0", runtimeHint: "podman" },
  npx: { registryType: "npm", identifier: "@acme/weather", version: "1.2.3" },
  bunx: { registryType: "npm", identifier: "@acme/weather", runtimeHint: "bunx" },
  uvx: { registryType: "pypi", identifier: "acme-weather" },
  dnx: { registryType: "nuget", identifier: "Acme.Weather" },
};
type Command = keyof typeof PACKAGES;

/** Why a click must not start the package with these arguments before it; null: nothing. */
function findReason(
  command: Command,
  runtimeArguments: object[],
  values: Record<string, string> = {},
): string | null {
  const source = {
    ...PACKAGES[command],
    environmentVariables: [{ name: "API_TOKEN", isSecret: true, isRequired: true }],
    runtimeArguments,
  };
  const document = ServerDocument.parse({ name: "com.acme/weather", packages: [source] });
  const installation = installOf(document, "cursor", values);
  if (!installation) throw new Error("the client cannot run it");
  expect(installation.links).toHaveLength(installation.danger === null ? 1 : 0);
  return installation.danger;
}

const toWords = (words: string[]) => words.map((value) => ({ type: "positional", value }));

/** Spellings of harmful options, and what is not known to be harmless. A space separates words. */
const REFUSED: Record<Command, string[]> = {
  docker: [
    "-ieAWS_SECRET_ACCESS_KEY",
    "-ie=AWS_SECRET_ACCESS_KEY",
    "-itdeAWS_SECRET_ACCESS_KEY",
    "--env AWS_SECRET_ACCESS_KEY",
    "-iv/:/host",
    "-v //:/host",
    "-v /./:/host",
    "-v /etc/../:/host",
    "-v=/etc/shadow:/x",
    "-v /home/u/.ssh:/x",
    "-v .:/x",
    "-v C:/Users:/x",
    "-v data:/x:U",
    "--mount type=bind,src=//,dst=/h",
    "--mount type=bind,Source=/,dst=/h",
    '--mount "type=bind","source=/","target=/h"',
    "--mount type=volume,dst=/h,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/",
    "--mount type=volume,type=bind,src=data,dst=/h",
    "--use-api-socket",
    "--device-cgroup-rule=a",
    "--gpus=all",
    "--gpus all",
    "-d=true -v/:/h",
    "--rm=false",
    "--security-opt seccomp=unconfined",
    "--network=HOST",
    "--net name=host",
    "--network container:db",
    "--user 0",
    "-uroot:root",
    "--user=00:1000",
    "-- other/image",
    "-",
    "-i -e",
    "--name",
  ],
  podman: ["-e *", "-e AWS*", "--rootfs=/", "-v /:/h:O"],
  npx: [
    "--@evil:registry=https://evil.example",
    "--regis=https://evil.example",
    "--https-proxy=http://evil.example",
    "--strict-ssl=false",
    "--cafile=/tmp/x",
    "--cal=id",
    "--pack=evil",
    "-p evil",
    "-p=@acme/weather-evil",
    "--package=@acme/weather@npm:evil",
    "--package @acme/weather@../evil",
    "--package=@acme/weather@https://evil.example/x.tgz",
    "-yq",
    "--no-yes",
    "-p",
  ],
  bunx: ["--registry=https://evil.example", "-p evil", "--preload=./x"],
  uvx: [
    "-wevil",
    "-ihttps://evil.example",
    "-qfhttps://evil.example",
    "-qw evil",
    "--overrides=https://evil.example/o.txt",
    "--constraints=https://evil.example/c.txt",
    "--directory=/tmp",
    "--allow-insecure-host=*",
    "--from evil",
    "--from=acme-weather@https://evil.example/x.whl",
    "--from=acme-weather@evil",
    "--from=acme-weather-evil",
    "-p/tmp/python",
    "--python=..",
  ],
  dnx: ["--source:https://evil.example", "--add-source https://evil.example", "@/tmp/options"],
};

const HARMLESS: Record<Command, string[]> = {
  docker: [
    "run -it --init --read-only --rm=true",
    "-eMODE=fast -e MODE= --env=A=b=c",
    "-e API_TOKEN -ieAPI_TOKEN",
    "-p 8080:8080 --publish=127.0.0.1:80:80/tcp -p [::1]:4000-4003:4000-4003",
    "-v data:/data --volume=my.cache-1:/x:ro -v /anonymous",
    "--mount type=volume,source=data,target=/x,readonly",
    "--network mine --net=bridge",
    "-u1000:1000 --user node -m 512m --cpus 1.5",
    "--name weather --pull=always --platform linux/arm64/v8 -w /app",
    "--security-opt=no-new-privileges --cap-drop ALL",
    "--add-host=host.docker.internal:host-gateway",
  ],
  podman: ["-it --pull newer"],
  npx: ["-y -q --prefer-online", "--package=@acme/weather@1.2.3", "-p=@acme/weather@latest"],
  bunx: ["--bun --package=@acme/weather"],
  uvx: [
    "-qn --refresh --isolated --prerelease allow",
    "--from Acme_Weather[cli]==1.0",
    "--from=acme-weather@latest",
    "-p3.12 --python >=3.10",
  ],
  dnx: ["--prerelease --version 1.2.3 -v quiet"],
};

const toRows = (table: Record<Command, string[]>) =>
  Object.entries(table).flatMap(([command, lines]) =>
    // The keys are those of the record.
    lines.map((line) => [command as Command, line] as const),
  );

describe("options before a package", () => {
  test.each(toRows(REFUSED))("%s %s is refused with a reason that names it", (command, line) => {
    const reason = findReason(command, toWords(line.split(" ")));
    expect(reason).toMatch(/^(The (command|container) |It runs )/);
    // Of a variable, the reason has the name alone.
    const named = [...line.split(" "), "AWS_SECRET_ACCESS_KEY"];
    expect(named.filter((word) => reason?.includes(word))).not.toEqual([]);
  });

  test.each(toRows(HARMLESS))("%s %s is harmless", (command, line) => {
    expect(findReason(command, toWords(line.split(" ")))).toBeNull();
  });

  test("an option that is not known says so", () => {
    expect(findReason("docker", toWords(["--gpus=all"]))).toBe(
      "It runs docker with --gpus=all, which is not among the options that are known to be harmless.",
    );
  });

  test("no spelling of a fixed path gives a container a folder of the host", () => {
    const path = fc
      .array(fc.constantFrom("/", ".", "..", "~", "etc", "C:", "\\", "$HOME", "%X%"), {
        minLength: 1,
        maxLength: 5,
      })
      .map((parts) => parts.join(""))
      .filter((text) => /[/\\~.$%]/.test(text) && !/^[a-z][\w.-]+$/i.test(text));
    const spelling = fc.constantFrom<(path: string) => string[]>(
      (text) => ["-v", `${text}:/h`],
      (text) => [`-v${text}:/h`],
      (text) => [`-itv=${text}:/h`],
      (text) => ["--volume", `${text}:/h:ro`],
      (text) => [`--mount=type=bind,source=${text},target=/h`],
      (text) => ["--mount", `target=/h,src=${text},type=bind`],
    );
    fc.assert(
      fc.property(path, spelling, (text, spell) => {
        expect(findReason("docker", toWords(spell(text)))).not.toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  const folder = (input: object, value = "{folder}:/data") => [
    { type: "named", name: "-v", value, variables: { folder: { isRequired: true, ...input } } },
  ];
  test("a folder of the host is a value that a person types as a whole", () => {
    const typed = { "runtime:0:folder": "/srv/project" };
    expect(findReason("docker", folder({}))).toBeNull();
    expect(findReason("docker", folder({}), typed)).toBeNull();
    expect(findReason("docker", folder({ default: "/srv" }), typed)).toBeNull();
    const mount = folder({}, "type=bind,src={folder},dst=/data,ro");
    expect(findReason("docker", [{ ...mount[0], name: "--mount" }], typed)).toBeNull();
    for (const input of [{ default: "/srv/project" }, { choices: ["/srv/project", "/srv"] }])
      for (const values of [{}, typed])
        expect(findReason("docker", folder(input), values)).toContain("reach the host’s files");
    for (const value of ["{folder}/.ssh:/data", "/srv/{folder}:/data", "{folder}/..:/data"])
      expect(findReason("docker", folder({}, value), typed)).toContain("reach the host’s files");
    // An entry can ask a person to type it.
    const socket = { "runtime:0:folder": "/var/run/docker.sock" };
    expect(findReason("docker", folder({}), socket)).toContain("reach the host’s files");
  });

  test("a container gets no variable of the person for an optional one that is left empty, however it is spelled", () => {
    const spellings = "-e ZONE --env ZONE --env=ZONE -eZONE -e=ZONE -ieZONE -e MODE=x --name ZONE";
    const source = {
      ...PACKAGES.docker,
      environmentVariables: [{ name: "ZONE" }],
      runtimeArguments: [
        ...toWords(spellings.split(" ")),
        { type: "named", name: "-e", value: "ZONE" },
        { type: "named", name: "--env", value: "ZONE" },
      ],
    };
    const document = ServerDocument.parse({ name: "com.acme/weather", packages: [source] });
    const argsWith = (values: Record<string, string>): string[] => {
      const text = installOf(document, "cursor", values)?.file?.text ?? "";
      return JSON.parse(text).mcpServers.weather.args;
    };
    const kept = ["-i", "-e", "MODE=x", "--name", "ZONE"];
    expect(argsWith({})).toEqual(["run", "-i", "--rm", ...kept, "acme/weather:1.0"]);
    const given = `run -i --rm -e ZONE ${spellings} -e ZONE --env=ZONE acme/weather:1.0`;
    expect(argsWith({ "environment:ZONE": "utc" })).toEqual(given.split(" "));
  });
});
