/** What the page knows: people, chats and messages. Messages are never changed, only replaced, so identity tells of news. */

const KEPT = 1000;
const GENERAL = 1; // the id of a forum's first topic, whose messages carry no thread

export class Store {
  bot = null;
  users = [];
  chats = [];
  commands = [];
  #messages = new Map();
  #unread = new Map();

  load({ bot, users, chats, commands }) {
    Object.assign(this, { bot, users, commands });
    this.chats = chats.map((chat) => (chat.is_forum ? { ...chat, topics: withGeneral(chat.topics) } : chat));
  }

  fill(chatId, messages) {
    this.#messages.set(chatId, new Map(messages.map((message) => [message.message_id, message])));
  }

  user = (id) => this.users.find((user) => user.id === id);
  chat = (id) => this.chats.find((chat) => chat.id === id);
  chatsOf = (userId) => this.chats.filter((chat) => (chat.type === "private" ? chat.user_id === userId : chat.members.includes(userId)));
  isAdmin = (chat, userId) => chat.type === "private" || chat.admins.includes(userId);
  message = (chatId, messageId) => this.#messages.get(chatId)?.get(messageId);

  /** The messages of a chat, or of one topic of a forum, in order. */
  messages(chat, topic) {
    const all = [...(this.#messages.get(chat.id)?.values() ?? [])];
    return all.filter((message) => topicOf(chat, message) === topic).sort((one, other) => one.message_id - other.message_id);
  }

  put(message) {
    if (!this.#messages.has(message.chat_id)) this.#messages.set(message.chat_id, new Map());
    const held = this.#messages.get(message.chat_id);
    held.set(message.message_id, message);
    if (held.size > KEPT) held.delete(held.keys().next().value);
  }

  /** Take in an event that changes messages. */
  apply(event) {
    if (event.message) this.put(event.message);
    for (const id of event.message_ids ?? []) this.#messages.get(event.chat_id)?.delete(id);
    if (event.type === "reaction") {
      const held = this.message(event.chat_id, event.message_id);
      if (held) this.put({ ...held, reactions: event.reactions });
    }
  }

  unread = (chatId, topic) => this.#unread.get(`${chatId}/${topic}`) ?? 0;
  unreadOf = (chat) => (chat.is_forum ? chat.topics.map(({ id }) => id) : [0]).reduce((sum, topic) => sum + this.unread(chat.id, topic), 0);
  addUnread = (chatId, topic) => this.#unread.set(`${chatId}/${topic}`, this.unread(chatId, topic) + 1);
  markRead = (chatId, topic) => this.#unread.delete(`${chatId}/${topic}`);
}

/** The topic a message belongs to; 0 where there are no topics. */
export const topicOf = (chat, message) => (chat.is_forum ? message.thread_id || GENERAL : 0);

/** What a message into a topic is sent with: the first topic is meant by naming none. */
export const threadOf = (topic) => (topic > GENERAL ? topic : null);

export const isGeneral = (topic) => topic.id === GENERAL;

const withGeneral = (topics) => (topics.some(isGeneral) ? topics : [{ id: GENERAL, name: null }, ...topics]);
