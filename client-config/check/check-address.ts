import type { Value } from "../model.ts";
import type { Problem } from "./problem.ts";

/** Checks an address that the file has as a whole. One with a reference or a variable is known to the client only. */
export function checkAddress({ template, raw, path }: Value): Problem[] {
  if (template.some((part) => typeof part !== "string") || /[{}<>]/.test(raw)) return [];
  if (raw.trim() === "")
    return [{ severity: "high", path, message: "The address is empty.", why: CANNOT_CONNECT }];
  const url = URL.canParse(raw) ? new URL(raw) : null;
  if (!url || !/^https?:$/.test(url.protocol) || !/^\s*https?:\/\//i.test(raw))
    return [
      {
        severity: "high",
        path,
        message: "The address does not begin with http:// or https://, or has no valid host.",
        why: CANNOT_CONNECT,
      },
    ];
  if (url.username === "" && url.password === "") return [];
  return [
    {
      severity: "high",
      path,
      message: "The address has a user or password.",
      why: "Most clients refuse such an address, and it is shown where addresses are. A credential belongs into a header.",
    },
  ];
}

const CANNOT_CONNECT = "No client can connect to it.";
