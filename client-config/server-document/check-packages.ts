import type { Path } from "../model.ts";
import { listTemplateNames } from "./check-inputs.ts";
import { checkRemote, LOOPBACK } from "./check-remotes.ts";
import { toRemoval, type Problem } from "./check-schema.ts";
import { checkExactVersion } from "./check-version.ts";
import { listObjects, toObject, toQuote, toText, type JsonObject } from "./json-value.ts";

/** What the official registry knows, with the only base URLs that it accepts for them. */
const REGISTRIES: Record<string, { name: string; baseUrls: string[]; identifier: RegExp }> = {
  npm: {
    name: "npm",
    baseUrls: ["https://registry.npmjs.org"],
    identifier: /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i,
  },
  pypi: {
    name: "PyPI",
    baseUrls: ["https://pypi.org"],
    identifier: /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i,
  },
  nuget: {
    name: "NuGet",
    baseUrls: ["https://api.nuget.org/v3/index.json", "https://api.nuget.org"],
    identifier: /^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?$/i,
  },
  cargo: { name: "crates.io", baseUrls: ["https://crates.io"], identifier: /^[a-z][a-z0-9_-]*$/i },
  go: {
    name: "Go modules",
    baseUrls: ["https://proxy.golang.org"],
    identifier: /^[a-z0-9-]+(\.[a-z0-9-]+)+(\/[a-z0-9._~-]+)+$/i,
  },
  oci: {
    name: "container images",
    baseUrls: [],
    identifier: /^[a-z0-9]+([._:/-]+[a-z0-9_]+)*(@sha256:[a-f0-9]{64})?$/i,
  },
  mcpb: { name: "MCP bundles", baseUrls: [], identifier: /^https:\/\/[^\s]+$/ },
};
const BUNDLE_HOSTS = new Set(["github.com", "www.github.com", "gitlab.com", "www.gitlab.com"]);
const FIXED_PORT = /^https?:\/\/[^/{}]+:\d+/;

/** The rules of packages and remotes. */
export function checkWays(document: JsonObject): Problem[] {
  const packages = listObjects(document["packages"], ["packages"]);
  const remotes = listObjects(document["remotes"], ["remotes"]);
  const none: Problem[] =
    packages.length + remotes.length > 0
      ? []
      : [
          {
            rule: "no-way",
            severity: "medium",
            path: ["packages"],
            message: "The file has neither a package nor a remote.",
            why: "No client can install the server or connect to it.",
            fix: null,
          },
        ];
  return [
    ...none,
    ...packages.flatMap(([item, path]) => [
      ...checkPackage(item, path),
      ...checkTransport(item, path),
      ...(CONFIGURATION.some((member) => member in item) ? [] : [{ ...NO_CONFIGURATION, path }]),
    ]),
    ...remotes.flatMap(([item, path]) => checkRemote(item, path)),
  ];
}

function checkPackage(item: JsonObject, path: Path): Problem[] {
  const type = toText(item["registryType"]);
  const identifier = toText(item["identifier"]);
  const registry = Object.hasOwn(REGISTRIES, type) ? REGISTRIES[type] : undefined;
  const problems: Problem[] = [];
  if (type !== "" && !registry)
    problems.push({
      rule: "registry-type",
      severity: "high",
      path: [...path, "registryType"],
      message: `${toQuote(type)} is no type of package registry. Known are ${Object.keys(REGISTRIES).join(", ")}.`,
      why: "Clients do not know where to get the package.",
      fix: toTypeFix(identifier, type, path),
    });
  if (registry && identifier !== "" && !registry.identifier.test(identifier))
    problems.push({
      rule: "identifier-mismatch",
      severity: "high",
      path: [...path, "identifier"],
      message: `${toQuote(identifier)} is no identifier of ${registry.name}.`,
      why: "Clients look for the package at another registry than the one that has it.",
      fix: toTypeFix(identifier, type, path),
    });
  const base = toText(item["registryBaseUrl"]).replace(/\/$/, "");
  if (registry && base !== "" && !registry.baseUrls.includes(base))
    problems.push({
      rule: "registry-url",
      severity: "high",
      path: [...path, "registryBaseUrl"],
      message: `A package of ${registry.name} cannot have the registry ${toQuote(base)}.`,
      why: "The official registry refuses other registries, and clients install from the usual one.",
      fix: toRemoval([...path, "registryBaseUrl"]),
    });
  return [...problems, ...checkPinned(item, path, type)];
}

/** A type to which the identifier belongs. */
function toTypeFix(identifier: string, type: string, path: Path) {
  const better = type.toLowerCase();
  const known = identifier.endsWith(".mcpb")
    ? "mcpb"
    : identifier.startsWith("@")
      ? "npm"
      : /^(docker|ghcr|quay|gcr)\.io\//.test(identifier)
        ? "oci"
        : Object.hasOwn(REGISTRIES, better)
          ? better
          : null;
  if (known === null || known === type) return null;
  const edits = [{ path: [...path, "registryType"], value: known }];
  return { title: `Set the type ${known}`, edits };
}

function checkPinned(item: JsonObject, path: Path, type: string): Problem[] {
  const identifier = toText(item["identifier"]);
  const at = [...path, "version"];
  switch (type) {
    case "mcpb":
      return checkBundle(item, path);
    case "oci": {
      const isTagged =
        /(:[^/]+|@sha256:[a-f0-9]{64})$/i.test(identifier) && !identifier.endsWith(":latest");
      const version = toText(item["version"]);
      if (version !== "" && isTagged) return [{ ...OCI_VERSION, path: at, fix: toRemoval(at) }];
      if (isTagged) return [];
      const edits = [
        {
          path: [...path, "identifier"],
          value: `${identifier.replace(/:latest$/, "")}:${version}`,
        },
        { path: at, value: undefined },
      ];
      const fix = version === "" ? null : { title: "Put the version into the image", edits };
      return [{ ...UNPINNED_IMAGE, path: [...path, "identifier"], fix }];
    }
    default: {
      const version = item["version"];
      if (typeof version === "string") return checkExactVersion(version, at, "the package");
      return [{ ...NO_VERSION, path: at }];
    }
  }
}

function checkBundle(item: JsonObject, path: Path): Problem[] {
  const identifier = toText(item["identifier"]);
  const problems: Problem[] = [];
  if (!("fileSha256" in item))
    problems.push({
      rule: "bundle-hash",
      severity: "high",
      path: [...path, "fileSha256"],
      message: "The bundle has no fileSha256.",
      why: "Clients check the file by it. Without it, another file at the address would be run. Registries require it.",
      fix: null,
    });
  const url = URL.parse(identifier);
  if (url && (!BUNDLE_HOSTS.has(url.hostname) || !/mcp/i.test(identifier)))
    problems.push({
      rule: "bundle-address",
      severity: "medium",
      path: [...path, "identifier"],
      message: "The bundle is no release of GitHub or GitLab with “mcp” in its address.",
      why: "The official registry refuses other addresses of bundles.",
      fix: null,
    });
  return problems;
}

function checkTransport(item: JsonObject, path: Path): Problem[] {
  const transport = toObject(item["transport"]);
  const url = toText(transport?.["url"]);
  const at = [...path, "transport", "url"];
  const names = ["runtimeArguments", "packageArguments", "environmentVariables"].flatMap((list) =>
    listObjects(item[list], []).flatMap(([input]) => [
      toText(input["name"]),
      toText(input["name"]).replace(/^-+/, ""),
      toText(input["valueHint"]),
      ...Object.keys(toObject(input["variables"]) ?? {}),
    ]),
  );
  const missing = listTemplateNames(url).filter((name) => !names.includes(name));
  return [
    ...missing.map((name): Problem => ({
      rule: "missing-url-variable",
      severity: "high",
      path: at,
      message: `The address has {${name}}, and no argument or environment variable has this name.`,
      why: "Clients cannot fill the address and do not reach the server.",
      fix: {
        title: `Add the environment variable ${name}`,
        edits: [
          {
            path: [
              ...path,
              "environmentVariables",
              listObjects(item["environmentVariables"], []).length,
            ],
            value: { name, isRequired: true },
          },
        ],
      },
    })),
    ...(LOOPBACK.test(url) && FIXED_PORT.test(url)
      ? [{ ...FIXED_PORT_PROBLEM, path: at } satisfies Problem]
      : []),
  ];
}

const CONFIGURATION = [
  "runtimeArguments",
  "packageArguments",
  "environmentVariables",
  "runtimeHint",
];
const NO_CONFIGURATION = {
  rule: "no-configuration",
  severity: "info",
  message: "The package has no arguments and no environment variables.",
  why: "If the server needs some, clients do not ask for them.",
  fix: null,
} as const;
const OCI_VERSION = {
  rule: "image-version",
  severity: "medium",
  message: "The version of an image is in its identifier, and “version” is there, too.",
  why: "The official registry refuses the member for images.",
} as const;
const UNPINNED_IMAGE = {
  rule: "unpinned",
  severity: "medium",
  message: "The image has neither a version nor a digest.",
  why: "Clients run whatever the image is at the time, and no longer what you have published.",
} as const;
const NO_VERSION = {
  rule: "unpinned",
  severity: "high",
  message: "The package has no version.",
  why: "Registries cannot check the package without it, and clients run whatever is newest.",
  fix: null,
} as const;
const FIXED_PORT_PROBLEM = {
  rule: "fixed-port",
  severity: "info",
  message: "The address has a fixed port.",
  why: "The server does not start while another program uses the port. A variable lets people choose another.",
  fix: null,
} as const;
