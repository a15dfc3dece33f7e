import type { WebClient } from "./client.ts";

/** A client of a vendor's servers reaches the gateway from there. */
const unreachable = (vendor: string) => ({
  sign: "The client cannot reach the server",
  remedy: `${vendor} connects from its own servers: the gateway’s address must be reachable from the internet, with HTTPS.`,
});

/** Where Claude asks for an address, in the browser and in its app. */
export const CLAUDE_CONNECTOR =
  "Open Customize > Connectors, press +, choose “Add custom connector”, and enter a name and this address.";

/** What Claude does with it. */
export const CLAUDE_AFTERWARDS =
  "Press Connect next to the new connector: Claude opens the browser. In a Team or Enterprise plan, an owner adds the connector first.";

/** Claude's connectors, in the browser and in its app. */
export const CLAUDE_UNREACHABLE = unreachable("Claude");

const claudeAi: WebClient = {
  id: "claude-ai",
  label: "Claude (web)",
  monogram: "Ca",
  frame: "window",
  kind: "web",
  signIn: { first: "address", steps: CLAUDE_CONNECTOR, afterwards: CLAUDE_AFTERWARDS },
  troubles: [CLAUDE_UNREACHABLE],
};

const chatGpt: WebClient = {
  id: "chatgpt",
  label: "ChatGPT",
  monogram: "GP",
  frame: "window",
  kind: "web",
  signIn: {
    first: "address",
    steps:
      "Open Settings > Apps > Advanced settings, and switch Developer mode on. Then choose “Create app”, enter a name and this address, and choose OAuth.",
    afterwards: "ChatGPT opens the browser. Choose the app with + in a chat afterwards.",
  },
  troubles: [
    unreachable("ChatGPT"),
    {
      sign: "There is no Developer mode",
      remedy:
        "Your plan does not have it, or an admin of your ChatGPT workspace has switched it off.",
    },
  ],
};

/** Clients that are used in a browser. */
export const WEB_CLIENTS: readonly WebClient[] = [claudeAi, chatGpt];
