// Texts of the formats that device management distributes. All of them are ASCII: Windows PowerShell reads a script
// without a byte order mark in the code page of the machine.
import { toPosixQuoted, toPowerShellQuoted } from "../marketplace/install/quoting.ts";

/** JSON, indented by two spaces, or in one line. */
export function toJsonText(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A basic string of TOML, also as a key. */
export function toTomlText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(/[\u007f-\u{10ffff}]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** What is no character of XML 1.0 (section 2.2). */
const NO_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** A value of a property list. */
export type PlistValue = string | boolean | number | PlistValue[] | { [key: string]: PlistValue };

/** An XML property list (https://developer.apple.com/documentation/devicemanagement). */
export function toPlist(value: PlistValue): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    ...toPlistLines(value),
    "</plist>",
    "",
  ].join("\n");
}

function toPlistLines(value: PlistValue): string[] {
  if (typeof value === "string") return [`<string>${toXmlText(value)}</string>`];
  if (typeof value === "boolean") return [value ? "<true/>" : "<false/>"];
  if (typeof value === "number") return [`<integer>${value}</integer>`];
  if (Array.isArray(value)) return toElement("array", value.flatMap(toPlistLines));
  const pairs = Object.entries(value);
  return toElement(
    "dict",
    pairs.flatMap(([key, member]) => [`<key>${toXmlText(key)}</key>`, ...toPlistLines(member)]),
  );
}

function toElement(name: string, lines: string[]): string[] {
  return [`<${name}>`, ...lines.map((line) => `  ${line}`), `</${name}>`];
}

/** Characters that XML has no form for are replaced: an address with one is in the list in a form that no server has. */
function toXmlText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(NO_XML, "\u{fffd}")
    .replaceAll(
      /[&<>"'\t\n\r\u007f-\u{10ffff}]/gu,
      (char) => `&#${String(char.codePointAt(0) ?? 0)};`,
    );
}

/** A script for `sh` that root runs: writes a file that everybody can read. */
export function toShellScript(folder: string, name: string, text: string): string {
  const path = toPosixQuoted(`${folder}/${name}`);
  return [
    "#!/bin/sh",
    "set -eu",
    "umask 022",
    `mkdir -p ${toPosixQuoted(folder)}`,
    `printf '%s\\n' ${toPosixQuoted(text)} > ${path}.new`,
    `chmod 644 ${path}.new`,
    `mv ${path}.new ${path}`,
    "",
  ].join("\n");
}

/** A script for Windows PowerShell 5.1 that the system runs. An error ends it, and Intune shows it as failed. */
export function toPowerShellScript(lines: string[]): string {
  return ["$ErrorActionPreference = 'Stop'", ...lines, ""].join("\r\n");
}

/**
 * Lines of PowerShell that write texts (REG_SZ) into a key of the registry. Its other values stay. `guard`: lines that can
 * stop the script before, with the key in `$key`.
 */
export function toRegistryLines(
  key: string,
  values: Record<string, string>,
  guard: string[] = [],
): string[] {
  return [
    `$key = ${toPowerShellQuoted(key)}`,
    ...guard,
    // -Force on a key that exists would empty it.
    "if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key -Force | Out-Null }",
    ...Object.entries(values).map(
      ([name, text]) =>
        `New-ItemProperty -LiteralPath $key -Name ${toPowerShellQuoted(name)} -PropertyType String -Value ${toPowerShellQuoted(text)} -Force | Out-Null`,
    ),
  ];
}

/**
 * Lines of PowerShell that write a file below a folder of an environment variable. `guard`: lines that can stop the script
 * before, with the file's path in `$path`.
 */
export function toFileLines(
  file: { variable: string; folder: string; name: string; text: string },
  guard: string[] = [],
): string[] {
  return [
    `$folder = Join-Path $env:${file.variable} ${toPowerShellQuoted(file.folder)}`,
    `$path = Join-Path $folder ${toPowerShellQuoted(file.name)}`,
    ...guard,
    "New-Item -ItemType Directory -Path $folder -Force | Out-Null",
    `[System.IO.File]::WriteAllText($path, ${toPowerShellQuoted(file.text)})`,
  ];
}
