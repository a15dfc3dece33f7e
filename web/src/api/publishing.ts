import { queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import {
  FetchedDocument,
  GithubProof,
  GithubSignIn,
  NamespaceState,
  OwnPublications,
  ProofCheck,
  Publication,
  PublisherHistory,
  type HandOnInput,
  type PublicationStatusInput,
  type SignatureInput,
} from "../../../workers/contract/api/marketplace-publishing.ts";
import { request, requestNoContent } from "./request.ts";

const toNamespacePath = (namespace: string) =>
  `/marketplace/publishing/namespaces/${encodeURIComponent(namespace)}`;

function toServerPath(name: string): string {
  return `/marketplace/publications/${name.split("/").map(encodeURIComponent).join("/")}`;
}

/** Query: the versions that the signed-in person has published. */
export const ownPublicationsQuery = queryOptions({
  queryKey: ["publications"],
  queryFn: () => request(OwnPublications, "GET", "/marketplace/publications"),
});

/** Query: what the signed-in person has proven of a namespace. */
export const namespaceQuery = (namespace: string) =>
  queryOptions({
    queryKey: ["publishing", "namespace", namespace],
    queryFn: () => request(NamespaceState, "GET", toNamespacePath(namespace)),
  });

/** Query: installs and scores over time of a publisher's servers. */
export const publisherHistoryQuery = (namespace: string) =>
  queryOptions({
    queryKey: ["marketplace", "publisher-history", namespace],
    queryFn: () =>
      request(
        PublisherHistory,
        "GET",
        `/marketplace/publishers/${encodeURIComponent(namespace)}/history`,
      ),
  });

/** Fetches a server.json from a public repository. */
export const fetchDocument = (url: string) =>
  request(FetchedDocument, "POST", "/marketplace/publishing/documents", { url });

/** Gets a text to sign with the key of a domain. */
export const openChallenge = (namespace: string) =>
  request(NamespaceState, "POST", toNamespacePath(namespace), {});

/** Checks a signature of the open text. */
export const checkSignature = (namespace: string, input: SignatureInput) =>
  request(ProofCheck, "POST", `${toNamespacePath(namespace)}/proofs`, input);

/** Begins a sign-in at GitHub. */
export const beginGithubSignIn = () =>
  request(GithubSignIn, "POST", "/marketplace/publishing/github", {});

/** Ends a sign-in at GitHub with what GitHub has sent back. */
export const finishGithubSignIn = (back: { code: string; state: string }) =>
  request(GithubProof, "PUT", "/marketplace/publishing/github", back);

/** Publishes a version. */
export const publishDocument = (document: string) =>
  request(Publication, "POST", "/marketplace/publications", { document });

/** Deprecates, deletes or restores a server. */
export const setPublicationStatus = (name: string, input: z.infer<typeof PublicationStatusInput>) =>
  requestNoContent("PUT", `${toServerPath(name)}/status`, input);

/** Publishes a version at the official registry, too. */
export const handOnPublication = (name: string, input: HandOnInput) =>
  request(Publication, "POST", `${toServerPath(name)}/hand-ons`, input);
