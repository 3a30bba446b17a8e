/** The page's own words in Chinese and English. What the bot says comes from the bot. */

const WORDS = {
  sidebar: ["人物与聊天", "People and chats"],
  iAm: ["我的身份", "I am"],
  chats: ["聊天", "Chats"],
  messages: ["消息", "Messages"],
  message: ["消息", "Message"],
  back: ["返回聊天列表", "Back to the chats"],
  retryNow: ["立即重试", "Try now"],
  lost: ["连接中断，{n} 秒后重试。", "Connection lost. Trying again in {n} s."],
  trying: ["正在重新连接……", "Reconnecting…"],
  connecting: ["正在连接……", "Connecting…"],
  dropHere: ["松开即可添加图片或文件", "Drop pictures or files here"],
  commands: ["命令", "Commands"],
  cancel: ["取消", "Cancel"],
  attach: ["添加图片或文件", "Attach pictures or files"],
  send: ["发送", "Send"],
  ok: ["好", "OK"],
  photo: ["图片", "Photo"],
  file: ["文件", "File"],
  previous: ["上一张", "Previous"],
  next: ["下一张", "Next"],
  download: ["下载", "Download"],
  close: ["关闭", "Close"],
  asPhoto: ["以图片发送", "As photos"],
  asFile: ["以文件发送", "As files"],
  sendMode: ["发送方式", "How to send"],
  remove: ["移除 {name}", "Remove {name}"],
  write: ["输入消息或 /命令", "Message or /command"],
  caption: ["添加说明，可选", "Add a caption, if you like"],
  tooMany: ["一次最多 {n} 个文件，多出的没有添加。", "At most {n} files at a time; the rest were left out."],
  replyTo: ["回复 {name}", "Reply to {name}"],
  editing: ["编辑消息", "Edit message"],
  reply: ["回复", "Reply"],
  edit: ["编辑", "Edit"],
  copy: ["复制", "Copy"],
  delete: ["删除", "Delete"],
  more: ["消息操作", "Message actions"],
  copied: ["已复制", "Copied"],
  edited: ["已编辑", "edited"],
  gone: ["消息不可用", "Message not available"],
  unread: ["{n} 条未读", "{n} unread"],
  newMessages: ["{n} 条新消息", "{n} new"],
  toBottom: ["回到最新消息", "Go to the newest message"],
  today: ["今天", "Today"],
  yesterday: ["昨天", "Yesterday"],
  bot: ["机器人", "bot"],
  members: ["{n} 位成员", "{n} members"],
  general: ["综合", "General"],
  sendAsMe: ["以 {name} 的身份发言", "Speaking as {name}"],
  sendAsGroup: ["以群组身份匿名发言", "Speaking as the group, anonymously"],
  welcome: ["在这里试用机器人", "Try the bot here"],
  welcomeHint: [
    "发送 /start，或者用 /imagine 加上想画的内容。想看群里的样子，就换一个聊天或身份。",
    "Send /start, or /imagine and what to draw. Switch the chat or the person to see it in a group.",
  ],
  welcomeGroup: ["还没有消息", "No messages yet"],
  welcomeGroupHint: ["用命令唤起机器人，例如 /imagine 雪中的狐狸。", "Call the bot with a command, such as /imagine a fox in the snow."],
  start: ["开始", "Start"],
  sendFailed: ["没有发出：{why}", "Not sent: {why}"],
  failed: ["没有成功：{why}", "That did not work: {why}"],
  unreachable: ["连不上演示服务器", "the demo's server cannot be reached"],
  says: ["{name}：{text}", "{name}: {text}"],
  typing: ["{name} 正在输入", "{name} is typing"],
  upload_photo: ["{name} 正在发送图片", "{name} is sending a photo"],
  upload_document: ["{name} 正在发送文件", "{name} is sending a file"],
};

const KEPT_IN = "language";
let current = localStorage.getItem(KEPT_IN) ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

export const language = () => current;
export const locale = () => (current === "zh" ? "zh-CN" : "en-GB");

/** Choose "zh" or "en", for this browser, until chosen otherwise. */
export function setLanguage(chosen) {
  current = chosen;
  localStorage.setItem(KEPT_IN, chosen);
}

/** Phrase one of the page's sentences. */
export function t(key, params = {}) {
  const template = WORDS[key][current === "zh" ? 0 : 1];
  return template.replace(/\{(\w+)\}/g, (_, name) => params[name]);
}

/** Say what a chat action means; those without words of their own count as typing. */
export const actionWords = (action, name) => t(action in WORDS ? action : "typing", { name });

/** Fill the skeleton: `data-word` is an element's text, `data-label` its name and tooltip. */
export function fillWords(root = document) {
  document.documentElement.lang = locale();
  for (const node of root.querySelectorAll("[data-word]")) node.textContent = t(node.dataset.word);
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", t(node.dataset.label));
    if (node.matches("button, a")) node.title = t(node.dataset.label);
  }
  for (const node of root.querySelectorAll("[data-lang]")) {
    node.setAttribute("aria-pressed", String(node.dataset.lang === current));
  }
}
