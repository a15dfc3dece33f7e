import { expect } from "vitest";
import { checkConfiguration } from "../../../client-config/check/check.ts";
import { applyFix } from "../../../client-config/documents/edit.ts";
import { readConfiguration } from "../../../client-config/read.ts";
import type { ClientId } from "../../../workers/contract/marketplace/install/clients.ts";

/** The findings of a client’s file. */
export function check(text: string, client?: ClientId, fileName?: string) {
  return checkConfiguration(readConfiguration(text, client, fileName));
}

/** Applies the fixes of a file until none is left; the messages of what no change of the file cures. */
export function cure(text: string, client: ClientId): { text: string; left: string[] } {
  let cured = text;
  for (let round = 0; round < 20; round++) {
    const reading = readConfiguration(cured, client);
    const findings = checkConfiguration(reading);
    const found = findings.find(({ fix }) => fix !== null);
    if (!found?.fix) return { text: cured, left: findings.map(({ message }) => message) };
    const next = applyFix(reading.document, found.fix);
    expect(next === null ? found.message : null).toBeNull();
    cured = next ?? cured;
  }
  throw new Error(`The fixes have no end: ${cured}`);
}

/** A value as the text of a file. */
export const json = (value: unknown) => JSON.stringify(value, null, 2);
