/** What gives an item's points, and what the publisher can do for more of them. */
export interface ItemText {
  label: string;
  means: string;
  raise: string;
}

/** Why the score is limited, and what ends it. */
export interface CapText {
  reason: string;
  raise: string;
}

/** The items of all bars by their key in the API. */
export const ITEM_TEXTS: Record<string, ItemText> = {
  valid_configuration: {
    label: "A client can install it",
    means: "The entry has a package or an address that at least one client can use.",
    raise:
      "Publish a package of npm, PyPI, NuGet or a container registry, an MCPB bundle, or a remote address.",
  },
  pinned: {
    label: "Fixed version",
    means:
      "The package has an exact version or a digest, or the remote is Streamable HTTP over https.",
    raise:
      "Name an exact version or a digest instead of a range or “latest”, or offer Streamable HTTP over https.",
  },
  described_variables: {
    label: "Described variables",
    means: "Every environment variable and header has a description.",
    raise: "Describe each environment variable and header in the entry.",
  },
  main_clients: {
    label: "Runs in the main clients",
    means: "It is a package of npm, PyPI or a container registry, or a Streamable HTTP remote.",
    raise: "Publish it on npm, PyPI or in a container registry, or offer Streamable HTTP.",
  },
  recent_activity: {
    label: "Recent activity",
    means:
      "All points for a commit or release in the last 30 days. They decrease with time, and after a year there are none.",
    raise: "Commit to the repository or release a version.",
  },
  release_cadence: {
    label: "Regular releases",
    means: "All points for at least three releases in the last year, or four versions in all.",
    raise: "Release at least three versions a year.",
  },
  official_registry: {
    label: "Official registry",
    means: "The Official MCP Registry lists it as active.",
    raise: "Publish it in the Official MCP Registry.",
  },
  namespace_owner: {
    label: "Proven namespace",
    means:
      "The registry has verified the namespace, which is the owner of the repository or a domain.",
    raise:
      "Publish it under the name of the repository’s owner, or under a domain that you have verified.",
  },
  public_repository: {
    label: "Public repository",
    means: "The entry names a public repository that is not archived.",
    raise: "Name the public repository in the entry. If it is archived, unarchive it.",
  },
  licence: {
    label: "Licence",
    means: "The repository has a licence with an SPDX identifier.",
    raise: "Add a licence file that has an SPDX identifier, such as MIT or Apache-2.0.",
  },
  stars: {
    label: "Stars",
    means:
      "Counted on a logarithmic scale up to 10,000, and less without recent activity. Servers in one repository share its stars.",
    raise: "More stars, and activity in the last 30 days.",
  },
  weekly_installs: {
    label: "Weekly installs",
    means: "Counted on a logarithmic scale up to 100,000 a week, and less without recent activity.",
    raise: "More installs, and activity in the last 30 days.",
  },
  description: {
    label: "Description",
    means: "At least 40 characters that are not the text of a template.",
    raise: "Describe in at least 40 characters what the server does.",
  },
  title: {
    label: "Title",
    means: "The entry has a title besides its name.",
    raise: "Add a title to the entry.",
  },
  icon_or_website: {
    label: "Icon or website",
    means: "The entry has an icon or a website.",
    raise: "Add an icon or the address of a website to the entry.",
  },
  readme: {
    label: "README",
    means: "All points for a README of at least 3,000 characters, two thirds from 800 on.",
    raise: "Write a README of at least 3,000 characters.",
  },
  tools: {
    label: "Tools",
    means: "All points if the tools are known and described, half if they are only listed.",
    raise: "Describe each tool that the server offers.",
  },
};

/** The limits of the score by their key in the API. */
export const CAP_TEXTS: Record<string, CapText> = {
  not_installable: {
    reason: "No client has a valid configuration for it.",
    raise: "Publish a package or a remote address.",
  },
  inactive_180_days: {
    reason: "It had no commit and no release for more than 180 days.",
    raise: "Release a version.",
  },
  inactive_365_days: {
    reason: "It had no commit and no release for more than a year.",
    raise: "Release a version.",
  },
  inactive_730_days: {
    reason: "It had no commit and no release for more than two years.",
    raise: "Release a version.",
  },
  unreachable: {
    reason: "Its remote address did not respond to the last checks.",
    raise: "Make the address respond, or remove it from the entry.",
  },
  archived: {
    reason: "Its repository is archived.",
    raise: "Unarchive the repository, or name the one that replaces it.",
  },
  deprecated: {
    reason: "Its entry says that it is deprecated.",
    raise: "Publish an active version.",
  },
};
