import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import type { z } from "zod";
import { IssuedToken } from "../../../../workers/contract/api/resources.ts";
import { refetch } from "../../api/refetch.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { workspaceKey } from "../../api/workspace.ts";

const LIFETIME_MS = 15 * 60_000;
/** A token that expires within this time is replaced before use. */
const MIN_REMAINING_MS = 2 * 60_000;

interface CachedToken {
  /** A promise, so that concurrent calls share one token and leaving the page revokes one that is still being issued. */
  issued: Promise<z.infer<typeof IssuedToken>>;
  expiresAt: number;
}

/** Returns a function that resolves to a short-lived token: created on first use, kept in memory, revoked on leaving. */
export function useTemporaryToken(slug: string): () => Promise<string> {
  const client = useQueryClient();
  const cached = useRef<CachedToken>(undefined);
  useEffect(() => {
    const revoke = () => {
      const last = cached.current;
      cached.current = undefined;
      // If the revocation fails, the token still expires by itself.
      last?.issued
        .then(({ record }) =>
          requestNoContent("DELETE", `/workspaces/${slug}/me/tokens/${record.id}`),
        )
        .then(() => refetch(client, workspaceKey(slug, "me", "tokens")))
        .catch(() => {});
    };
    globalThis.addEventListener("pagehide", revoke);
    return () => {
      globalThis.removeEventListener("pagehide", revoke);
      revoke();
    };
  }, [slug, client]);
  return useCallback(async () => {
    const last = cached.current;
    if (last && last.expiresAt - Date.now() > MIN_REMAINING_MS) return (await last.issued).token;
    const expiresAt = Date.now() + LIFETIME_MS;
    const body = { label: "Dashboard: try a tool", expiresAt };
    const issued = request(IssuedToken, "POST", `/workspaces/${slug}/me/tokens`, body);
    const current = { issued, expiresAt };
    cached.current = current;
    try {
      return (await issued).token;
    } catch (error) {
      if (cached.current === current) cached.current = undefined;
      throw error;
    }
  }, [slug]);
}
