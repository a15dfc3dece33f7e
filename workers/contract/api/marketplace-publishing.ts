import { z } from "zod";

/** How it was proven that a person can publish in a namespace. `claim`: by the claim of the namespace that stands. */
export const ProofKind = z.enum(["claim", "github", "dns", "http"]);
export type ProofKind = z.infer<typeof ProofKind>;

/** A version of a server that was published here. Times in epoch ms. */
export const Publication = z
  .object({
    name: z.string(),
    version: z.string(),
    status: z.enum(["active", "deprecated", "deleted"]),
    statusMessage: z.string().nullable(),
    publishedAt: z.int(),
    /** `subject`: the domain or the GitHub account. */
    proof: z.object({ kind: ProofKind, subject: z.string() }),
    /** What the official registry made of it, in its words; null: it was not asked. */
    handedOn: z
      .object({
        state: z.enum(["accepted", "refused", "unreachable"]),
        message: z.string(),
        at: z.int(),
      })
      .nullable(),
  })
  .meta({ id: "MarketplacePublication" });
export type Publication = z.infer<typeof Publication>;

/** What a signed-in person can publish with, and has published: the newest 200 versions. */
export const OwnPublications = z
  .object({
    /** Whether accounts are proven by a sign-in at GitHub. */
    hasGithubSignIn: z.boolean(),
    /** The most versions that a person publishes in a day. */
    maxPerDay: z.int(),
    items: z.array(Publication),
  })
  .meta({ id: "OwnMarketplacePublications" });

/** What the signed-in person has proven of a namespace, and can. Times in epoch ms. */
export const NamespaceState = z
  .object({
    /** Null: nothing that is valid now. */
    proof: z
      .object({ kind: ProofKind, subject: z.string(), expiresAt: z.int().nullable() })
      .nullable(),
    /** The ways to prove it; none: the namespace names neither a domain nor a GitHub account. */
    ways: z.array(ProofKind),
    /** A host name or a GitHub account; null: it names neither. */
    subject: z.string().nullable(),
    /** The text to sign with the key of the domain; null: none is open. */
    challenge: z.string().nullable(),
    challengeExpiresAt: z.int().nullable(),
  })
  .meta({ id: "MarketplaceNamespaceState" });
export type NamespaceState = z.infer<typeof NamespaceState>;

/** A signature of the open challenge. */
export const SignatureInput = z.strictObject({
  kind: z.enum(["dns", "http"]),
  /** `dns` only: the domain with the record, that of the namespace or one above it. */
  domain: z.string().max(253).optional(),
  /** Hex: 64 bytes of Ed25519, or 96 bytes (r and s) of ECDSA P-384 with SHA-384. */
  signature: z.string().regex(/^[0-9a-f]{128}([0-9a-f]{64})?$/i, "give 64 or 96 bytes in hex"),
});
export type SignatureInput = z.infer<typeof SignatureInput>;

/** What a check of a proof has found, in words: what was looked for, where, and what was there. */
export const ProofCheck = z
  .object({ isProven: z.boolean(), message: z.string(), state: NamespaceState })
  .meta({ id: "MarketplaceProofCheck" });

/** Where a sign-in at GitHub begins. */
export const GithubSignIn = z.object({ url: z.string() }).meta({ id: "MarketplaceGithubSignIn" });

/** What GitHub has sent back to the page. */
export const GithubReturn = z.strictObject({
  code: z.string().min(1).max(200),
  state: z.string().min(1).max(200),
});

/** The namespaces that a sign-in at GitHub has proven: of the account, and of organizations that it owns. */
export const GithubProof = z
  .object({ namespaces: z.array(z.string()), message: z.string() })
  .meta({ id: "MarketplaceGithubProof" });

/** A file in a public repository on GitHub. */
export const DocumentInput = z.strictObject({ url: z.string().max(500) });

/** The file's text, and the address that it was fetched from. */
export const FetchedDocument = z
  .object({ text: z.string(), url: z.string() })
  .meta({ id: "MarketplaceFetchedDocument" });

/** The most characters of a server.json that is published. */
export const MAX_PUBLISHED_CHARS = 200_000;

/** The text of a server.json. */
export const PublishInput = z.strictObject({
  document: z
    .string()
    .max(MAX_PUBLISHED_CHARS, `a server.json has at most ${MAX_PUBLISHED_CHARS} characters`),
});

/** A new status of all versions of a server. */
export const PublicationStatusInput = z.strictObject({
  status: Publication.shape.status,
  /** For the people who have installed it. */
  message: z.string().trim().max(500).optional(),
});

/**
 * How the official registry recognizes the publisher. What is secret in it is sent to the registry once and neither stored
 * nor logged. `registry`: the registry's own token, as `mcp-publisher login` stores it.
 */
export const HandOnInput = z.strictObject({
  version: z.string().max(255),
  sign: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("github"), token: z.string().min(1).max(2_000) }),
    z.strictObject({ kind: z.literal("registry"), token: z.string().min(1).max(8_000) }),
    z.strictObject({
      kind: z.enum(["dns", "http"]),
      domain: z.string().max(253),
      /** RFC 3339; at most 15 seconds old. */
      timestamp: z.string().max(40),
      signature: SignatureInput.shape.signature,
    }),
  ]),
});
export type HandOnInput = z.infer<typeof HandOnInput>;

/** Installs and scores of a publisher's servers, those with the highest score first; at most 20. */
export const PublisherHistory = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        installsLastWeek: z.int(),
        /** The days on which the score has changed, the oldest first; `day`: days since 1970-01-01 (UTC). */
        scores: z.array(z.object({ day: z.int(), score: z.int(), grade: z.string().nullable() })),
      }),
    ),
  })
  .meta({ id: "MarketplacePublisherHistory" });
export type PublisherHistory = z.infer<typeof PublisherHistory>;
