/** What the page says in English. */

const number = new Intl.NumberFormat("en");

export const en = {
  newChat: "New chat",
  searchChats: "Search chats",
  chats: "Chats",
  noneFound: "No chat has these words.",
  today: "Today",
  lastDays: "Previous 7 days",
  older: "Older",
  untitled: "New chat",
  renameChat: (title: string) => `Rename “${title}”`,
  deleteChat: (title: string) => `Delete “${title}”`,
  deleted: (title: string) => `“${title}” was deleted.`,
  undo: "Undo",
  answering: "Answering",
  staysHere: "Chats stay in this browser",
  notKept: "This browser keeps nothing: chats are gone when the page is closed.",
  showChats: "Show chats",
  hideChats: "Hide chats",
  settings: "Settings",
  close: "Close",

  model: "Model",
  noModel: "No model",
  context: (tokens: number) => `${number.format(tokens)} tokens of context`,
  emptyHeading: "What shall we work on?",
  emptyText: (model: string) => `${model} runs on the machine that serves this page. Nothing goes anywhere else.`,
  ideas: [
    { icon: "document", name: "Summarise a text", text: "Paste it, long or short", start: "Summarise this text in five points:\n\n" },
    { icon: "translate", name: "Translate", text: "English and Chinese, keeping the tone", start: "Translate into Chinese, keeping the tone:\n\n" },
    { icon: "code", name: "Explain or check code", text: "With what goes wrong, if something does", start: "Explain what this code does, and whether something is wrong with it:\n\n" },
    { icon: "pencil", name: "Draft a letter", text: "Say to whom, and the points", start: "Draft a polite letter. To: \nPoints: " },
  ],
  write: (model: string) => `Message ${model}`,
  writeAny: "Message",
  send: "Send (Enter)",
  stop: "Stop (Esc)",
  foot: "Answers can be wrong. Check what matters.",
  notBaichuan: "Not a product of Baichuan Inc.",
  toLatest: "To the latest line",

  question: "Question",
  copy: "Copy",
  copied: "Copied",
  notCopied: "Not copied",
  code: "Code",
  regenerate: "Answer again",
  edit: "Edit and ask again",
  cancel: "Cancel",
  ask: "Ask",
  earlier: "Earlier version",
  later: "Later version",
  version: (place: number, of: number) => `${place} / ${of}`,
  versionRead: (place: number, of: number) => `Version ${place} of ${of}`,
  statistics: (tokens: number, perSecond: number) =>
    `${number.format(tokens)} ${tokens === 1 ? "token" : "tokens"}${perSecond ? ` · ${perSecond} tokens/s` : ""}`,
  stopped: "Stopped.",
  length: "The answer reached the most tokens that it may have.",
  dropped: (count: number) =>
    count === 1
      ? "The oldest message was not given to the model, which reads no more at once."
      : `The ${count} oldest messages were not given to the model, which reads no more at once.`,
  answerBegun: "The model answers.",
  answerEnded: "The answer is complete.",

  asking: "Asking…",
  queued: (before: number) =>
    before === 1 ? "One request is before this one." : `${before} requests are before this one.`,
  loading: (share: number) => `Loading the model: ${Math.round(share * 100)} %`,
  prefilling: (done: number, total: number) =>
    `Reading the prompt: ${number.format(done)} of ${number.format(total)} tokens`,

  away: "The server does not answer. Start it again on its machine; this page goes on by itself.",
  noModels: "The server has no model that chats. Import one in the app on its machine.",
  key: "Key",
  keyHeading: "This server asks for a key",
  keyText: "The person at its machine sees it in the app, or with baichuan-desktop serve --show-key. It is kept until this tab is closed.",
  keyWrong: "The server does not know this key.",
  keyUse: "Use this key",
  keyOther: "Another key",

  thisChat: "This chat",
  system: "System prompt",
  systemHint: "What the model is told before the first question.",
  temperature: "Temperature",
  topP: "Top-p",
  topK: "Top-k",
  maxTokens: "Most new tokens",
  asModel: "The model's own",
  samplingHint: "Fields left empty are as the model was published.",
  thisPage: "This page",
  languageName: "Language",
  theme: "Look",
  themeSystem: "As the system",
  themeLight: "Light",
  themeDark: "Dark",
  licences: "Licences of the libraries in this page",

  troubles: {
    away: "The connection to the server ended.",
    cut: "The answer broke off: the connection to the server ended.",
    invalid_api_key: "The server does not know this key.",
    queue_full: "Too many requests wait already. Ask again in a moment.",
    context_length_exceeded: "The question is longer than the model's context. Shorten it.",
    request_too_large: "The chat is longer than the server takes in. Shorten the question, or begin a new chat.",
    model_not_found: "The server no longer has this model. Choose another one at the top.",
    empty: "The model gave no answer.",
    odd: "The server answered with something that this page does not understand.",
  } as Record<string, string>, // of any other the server's own sentence says more
  isTroubleToldTwice: (_code: string) => false,
};

/** What the page says, in one language. */
export type Words = typeof en;
