import { useEffect, useState } from "react";
import type { Finding } from "../../../../../client-config/finding.ts";
import type { ScanResult, TextOptions } from "../../../../../client-config/scan/scan-text.ts";
import type { ClientId } from "../../../../../workers/contract/marketplace/install/clients.ts";
import { showToast } from "../../../ui/toast.ts";
import { loadScanner, type Scanner } from "./load-scanner.ts";

/** A text that was scanned. It is state of the page only: no request, no address and no storage has it. */
export interface Scanned {
  text: string;
  options: TextOptions;
  result: ScanResult;
  /** Texts before the fixes that were applied, the last one at the end. */
  before: readonly string[];
  scanner: Scanner;
}

/** What the page does with a text. */
export interface Scan {
  scanned: Scanned | null;
  /** A long text is being read. */
  isBusy: boolean;
  start: (text: string, options: TextOptions) => void;
  /** Applies the fixes of these findings to the text, and scans it again. */
  apply: (findings: readonly Finding[]) => void;
  undo: () => void;
  /** Goes back to the text. */
  edit: () => void;
}

/** Most fixes that one click applies. Each is followed by a scan, because it can move the others. */
const MAX_FIXES = 50;

/** Scans texts in this page. */
export function useScan(): Scan {
  const [scanned, setScanned] = useState<Scanned | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  useEffect(() => void loadScanner(), []);
  const show = async (
    options: TextOptions,
    before: readonly string[],
    toText: (scanner: Scanner) => string,
  ) => {
    setIsBusy(true);
    const scanner = await loadScanner();
    // After the next frame, so that the page says that it reads.
    await new Promise((resolve) => setTimeout(resolve));
    const text = toText(scanner);
    const result = scanner.scanText(text, options);
    const isUnchanged = before.at(-1) === text;
    if (isUnchanged) showToast("This fix cannot be applied here. Edit the text instead.");
    const earlier = isUnchanged ? before.slice(0, -1) : before;
    setScanned({ text, options, before: earlier, scanner, result });
    setIsBusy(false);
  };
  return {
    scanned,
    isBusy,
    start: (text, options) => void show(options, [], () => text),
    apply: (findings) => {
      if (!scanned) return;
      const { text, result, before } = scanned;
      // The fixes are those of this client, and a fixed file can look like that of another client.
      const options = { ...scanned.options, client: result.client };
      void show(options, [...before, text], (scanner) => fixAll(scanner, text, options, findings));
    },
    undo: () => {
      const last = scanned?.before.at(-1);
      if (scanned && last !== undefined)
        void show(scanned.options, scanned.before.slice(0, -1), () => last);
    },
    edit: () => setScanned(null),
  };
}

/** Applies the fixes that can be applied, one after the other. */
function fixAll(
  { scanText, fixText }: Scanner,
  start: string,
  options: TextOptions & { client: ClientId },
  findings: readonly Finding[],
): string {
  let text = start;
  for (const wanted of findings.filter(({ fix }) => fix !== null).slice(0, MAX_FIXES)) {
    const there = scanText(text, options).findings.filter(
      ({ rule, path, fix }) =>
        fix !== null && toPlace(rule, path) === toPlace(wanted.rule, wanted.path),
    );
    // A value can have several secrets.
    const now = there.find(({ message }) => message === wanted.message) ?? there[0];
    if (now?.fix) text = fixText(text, options.client, now.fix) ?? text;
  }
  return text;
}

function toPlace(rule: string, path: Finding["path"]): string {
  return JSON.stringify([rule, path]);
}
