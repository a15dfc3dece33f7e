import { useRef, useState } from "react";
import type { Finding, Fix } from "../../../../../client-config/finding.ts";
import type { Reading } from "../../../../../client-config/read.ts";
import type { ClientId } from "../../../../../workers/contract/marketplace/install/clients.ts";
import type { ServerDocument } from "../../../../../workers/contract/marketplace/server-document.ts";
import { readEntries } from "../../../api/workshop-check.ts";
import { loadCode } from "../../../load-code.ts";
import type { Checker } from "./checker.ts";

/** What is checked. `client` null: the content says it. */
export interface Draft {
  text: string;
  fileName: string | null;
  client: ClientId | null;
}

/** A text with its findings, and the functions that have made them. */
export interface CheckedText {
  /** Null: the text is a `server.json`. */
  reading: Reading | null;
  findings: Finding[];
  checker: Checker;
  /** Applies a fix; null: the text cannot be changed in this way. */
  applyFix: (fix: Fix) => string | null;
  /** Whether the marketplace has answered. */
  isCompared: boolean;
}

/** The state of the page. */
export type Check = ReturnType<typeof useCheck>;

/** Checks texts, and applies fixes to them. */
export function useCheck() {
  const [draft, setDraft] = useState<Draft | null>(null);
  const [checked, setChecked] = useState<CheckedText | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const latest = useRef(0);
  const start = async (next: Draft) => {
    const run = ++latest.current;
    setIsBusy(true);
    setDraft(next);
    const { checker } = await loadCode(() => import("./checker.ts"));
    if (next.client === null && checker.isServerDocument(next.text, next.fileName ?? undefined)) {
      const { documentChecker } = await loadCode(() => import("./document-checker.ts"));
      if (run !== latest.current) return;
      setChecked({
        reading: null,
        findings: documentChecker.checkServerDocument(next.text),
        checker,
        applyFix: (fix) => documentChecker.applyJsonFix(next.text, fix),
        isCompared: false,
      });
      setIsBusy(false);
      return;
    }
    const check = (entries: readonly ServerDocument[]) =>
      checker.checkText(next.text, next.client, next.fileName, entries);
    const first = check([]);
    if (run !== latest.current) return;
    const { reading } = first;
    const applyFix = (fix: Fix) => checker.applyFix(reading.document, fix);
    setChecked({ ...first, checker, applyFix, isCompared: false });
    setIsBusy(false);
    const lookUps = checker.listLookUps(reading.configuration.servers);
    if (lookUps.packages.length + lookUps.urls.length === 0) return;
    // The check is useful without the marketplace, which can be out of reach.
    const entries = await readEntries(lookUps).catch(() => null);
    if (run === latest.current && entries)
      setChecked({ ...check(entries), checker, applyFix, isCompared: true });
  };
  const clear = () => {
    latest.current++;
    setDraft(null);
    setChecked(null);
    setIsBusy(false);
  };
  /** Applies a fix; false: the text cannot be changed in this way. */
  const apply = (fix: Fix): boolean => {
    const text = checked && checked.applyFix(fix);
    if (!draft || !checked || text === null) return false;
    void start({ ...draft, text, client: checked.reading?.client ?? null });
    return true;
  };
  return { draft, checked, isBusy, start, clear, apply };
}
