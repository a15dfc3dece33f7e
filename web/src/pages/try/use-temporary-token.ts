import { useCallback, useEffect, useRef } from "react";
import type { z } from "zod";
import { TemporaryToken } from "../../../../workers/contract/api/temporary-tokens.ts";
import { request, requestNoContent } from "../../api/request.ts";

/** A token that expires within this time is replaced before use: a call ends with its token. */
const MIN_REMAINING_MS = 10 * 60_000;

/**
 * Returns a function that resolves to a temporary token: created on first use, kept in memory, ended on leaving the page.
 * The token expires by itself if the page cannot end it.
 */
export function useTemporaryToken(slug: string): () => Promise<string> {
  /** A promise, so that concurrent calls share one token and leaving the page ends one that is still being issued. */
  const cached = useRef<Promise<z.infer<typeof TemporaryToken>>>(undefined);
  useEffect(() => {
    const end = () => {
      const last = cached.current;
      cached.current = undefined;
      last?.then((token) => endToken(slug, token.id)).catch(() => {});
    };
    globalThis.addEventListener("pagehide", end);
    return () => {
      globalThis.removeEventListener("pagehide", end);
      end();
    };
  }, [slug]);
  return useCallback(async () => {
    const last = await cached.current;
    if (last && last.expiresAt - Date.now() > MIN_REMAINING_MS) return last.token;
    const issued = request(TemporaryToken, "POST", `/workspaces/${slug}/me/temporary-tokens`);
    cached.current = issued;
    try {
      return (await issued).token;
    } catch (error) {
      if (cached.current === issued) cached.current = undefined;
      throw error;
    }
  }, [slug]);
}

function endToken(slug: string, id: string): Promise<void> {
  return requestNoContent("DELETE", `/workspaces/${slug}/me/temporary-tokens/${id}`);
}
