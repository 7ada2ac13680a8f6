<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About Baichuan Desktop</source>
        <translation>关于 Baichuan Desktop</translation>
    </message>
    <message>
        <source>The app is free software under the Apache License 2.0.</source>
        <translation>本程序是自由软件，采用 Apache License 2.0 许可证。</translation>
    </message>
    <message>
        <source>Runs the open Baichuan language models on your own machine. It opens no network connection unless you serve other programs: no account, no telemetry, no updates by itself.</source>
        <translation>在您自己的电脑上运行开放的百川语言模型。除非您向其他程序提供服务，程序不会建立任何网络连接：没有账号，没有遥测，也不会自行更新。</translation>
    </message>
    <message>
        <source>It uses Qt and PySide6 (LGPL 3), PyTorch (BSD 3), SentencePiece (Apache 2.0), PDFium and pypdfium2 (Apache 2.0, BSD 3), openpyxl (MIT), Starlette and uvicorn (BSD 3), llguidance (MIT), the fonts Inter, JetBrains Mono and Noto Sans SC (OFL 1.1) and Droid Sans Fallback (Apache 2.0). The weights of a model come under a licence of their own: see Model licence in the menu.</source>
        <translation>本程序使用 Qt 和 PySide6（LGPL 3）、PyTorch（BSD 3）、SentencePiece（Apache 2.0）、PDFium 和 pypdfium2（Apache 2.0、BSD 3）、openpyxl（MIT）、Starlette 和 uvicorn（BSD 3）、llguidance（MIT），以及 Inter、JetBrains Mono、Noto Sans SC 字体（OFL 1.1）和 Droid Sans Fallback 字体（Apache 2.0）。模型权重适用其自身的许可协议：见菜单中的“模型许可协议”。</translation>
    </message>
    <message>
        <source>It is not a product of Baichuan Inc.</source>
        <translation>本程序不是百川智能的产品。</translation>
    </message>
    <message>
        <source>Version {v}</source>
        <translation>版本 {v}</translation>
    </message>
</context>
<context>
    <name>Acquiring</name>
    <message>
        <source>Import a model folder</source>
        <extracomment>the one that is open</extracomment>
        <translation>导入模型文件夹</translation>
    </message>
    <message>
        <source>Cache of Hugging Face</source>
        <translation>Hugging Face 缓存</translation>
    </message>
    <message>
        <source>Cache of ModelScope</source>
        <translation>ModelScope 缓存</translation>
    </message>
    <message>
        <source>Drive</source>
        <translation>驱动器</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Is in the library already, as “{id}”</source>
        <translation>已在模型库中，名为“{id}”</translation>
    </message>
    <message>
        <source>{first} Missing besides: {count}.</source>
        <translation>{first}另缺 {count} 项。</translation>
    </message>
    <message>
        <source>Complete</source>
        <translation>完整</translation>
    </message>
    <message>
        <source>chat model</source>
        <translation>对话模型</translation>
    </message>
    <message>
        <source>base model</source>
        <translation>基座模型</translation>
    </message>
    <message>
        <source>version {revision}</source>
        <translation>版本 {revision}</translation>
    </message>
    <message>
        <source>adapter</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>adapter for {model}</source>
        <translation>用于 {model} 的适配器</translation>
    </message>
</context>
<context>
    <name>ActionBar</name>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Version before</source>
        <translation>上一个版本</translation>
    </message>
    <message>
        <source>Version after</source>
        <translation>下一个版本</translation>
    </message>
</context>
<context>
    <name>AdapterChoice</name>
    <message>
        <source>Choose the adapter&apos;s folder</source>
        <translation>选择适配器文件夹</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>Choose one</source>
        <translation>请选择</translation>
    </message>
    <message>
        <source>The model without an adapter</source>
        <translation>仅模型，不含适配器</translation>
    </message>
    <message>
        <source>Another folder…</source>
        <translation>其他文件夹…</translation>
    </message>
</context>
<context>
    <name>AdapterMark</name>
    <message>
        <source>Without an adapter from here</source>
        <extracomment>the message that it stands over; None: the next one the name of the one that is on from here; empty: none is</extracomment>
        <translation>从这里起不使用适配器</translation>
    </message>
    <message>
        <source>Adapter “{name}” from here</source>
        <translation>从这里起使用适配器“{name}”</translation>
    </message>
</context>
<context>
    <name>AddingAdapters</name>
    <message>
        <source>Add an adapter&apos;s folder</source>
        <extracomment>while it is open</extracomment>
        <translation>添加适配器文件夹</translation>
    </message>
</context>
<context>
    <name>AnswerColumn</name>
    <message>
        <source>{name} has answered.</source>
        <translation>{name} 已回答。</translation>
    </message>
</context>
<context>
    <name>AnswerNotes</name>
    <message>
        <source>The answer broke off: {what}</source>
        <translation>回答中断：{what}</translation>
    </message>
    <message>
        <source>Stopped before an answer began</source>
        <translation>在回答开始之前已停止</translation>
    </message>
    <message>
        <source>No answer: {what}</source>
        <translation>没有回答：{what}</translation>
    </message>
    <message>
        <source>1 token</source>
        <translation>1 个词元</translation>
    </message>
    <message>
        <source>{count} tokens</source>
        <translation>{count} 个词元</translation>
    </message>
    <message>
        <source>{speed} tokens/s</source>
        <translation>{speed} 词元/秒</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent}%</translation>
    </message>
    <message>
        <source>edited</source>
        <translation>已编辑</translation>
    </message>
    <message>
        <source>The end of it is not saved</source>
        <translation>结尾部分未保存</translation>
    </message>
    <message>
        <source>The answer broke off: the app was ended</source>
        <translation>回答中断：程序已退出</translation>
    </message>
    <message>
        <source>the {count} oldest messages no longer fit and were not read</source>
        <translation>最早的 {count} 条消息已放不下，未被读取</translation>
    </message>
    <message>
        <source>“Max new tokens” is over half of the context: older messages were kept, which left room for {count} tokens</source>
        <translation>“最大生成词元数”超过上下文的一半：较早的消息已保留，回答最多还有 {count} 个词元的空间</translation>
    </message>
    <message>
        <source>ended at a stop text</source>
        <translation>遇到停止文本而结束</translation>
    </message>
    <message>
        <source>reached “Max new tokens”</source>
        <translation>已达到“最多生成”的上限</translation>
    </message>
    <message>
        <source>the context is full</source>
        <translation>上下文已满</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
</context>
<context>
    <name>AnswerNotice</name>
    <message>
        <source>The answer is there.</source>
        <translation>回答已完成。</translation>
    </message>
    <message>
        <source>There was an error while the answer was written.</source>
        <translation>生成回答时出错。</translation>
    </message>
</context>
<context>
    <name>AskingForm</name>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Learns from</source>
        <translation>学习数据</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>And from its own answers, which it forgets otherwise</source>
        <translation>同时学习它自己的回答，否则会遗忘</translation>
    </message>
</context>
<context>
    <name>AskingPage</name>
    <message>
        <source>Own settings</source>
        <translation>自定义设置</translation>
    </message>
    <message>
        <source>Checking…</source>
        <translation>正在检查…</translation>
    </message>
    <message>
        <source>Fine-tune</source>
        <translation>开始微调</translation>
    </message>
    <message>
        <source>Fine-tune a model</source>
        <translation>微调模型</translation>
    </message>
    <message>
        <source>A model learns from your own conversations, on this machine. The model itself stays as it is; the result is listed beside it.</source>
        <translation>模型在本机上从您自己的对话中学习。模型本身保持不变，结果会列在它旁边。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>Attachments</name>
    <message>
        <source>Documents ({patterns})</source>
        <extracomment>the one that is open</extracomment>
        <translation>文档 ({patterns})</translation>
    </message>
    <message>
        <source>Attach documents</source>
        <translation>附加文档</translation>
    </message>
    <message>
        <source>The text that you pasted has {count} characters and goes with your message as a document.</source>
        <translation>您粘贴的文字有 {count} 个字符，将作为文档随消息发送。</translation>
    </message>
    <message>
        <source>Write it into the field</source>
        <translation>改为写入输入框</translation>
    </message>
    <message>
        <source>Pasted text</source>
        <translation>粘贴的文字</translation>
    </message>
    <message>
        <source>“{name}” does not go with your message any more.</source>
        <translation>“{name}”不再随消息发送。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Do not send yet</source>
        <translation>暂不发送</translation>
    </message>
</context>
<context>
    <name>BaseDialog</name>
    <message>
        <source>Add an adapter</source>
        <translation>添加适配器</translation>
    </message>
    <message>
        <source>“{name}” does not say for which model it was made. For which one shall it be listed?</source>
        <translation>“{name}”没有说明它是为哪个模型制作的。要把它列在哪个模型下？</translation>
    </message>
    <message>
        <source>Model of the adapter</source>
        <translation>适配器所属的模型</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>BlockButton</name>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the table</source>
        <translation>复制表格</translation>
    </message>
    <message>
        <source>Copy the code</source>
        <translation>复制代码</translation>
    </message>
</context>
<context>
    <name>BusyPage</name>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Show the folder</source>
        <translation>显示文件夹</translation>
    </message>
</context>
<context>
    <name>CardNotice</name>
    <message>
        <source>Understood</source>
        <translation>知道了</translation>
    </message>
</context>
<context>
    <name>ChatPage</name>
    <message>
        <source>A new conversation with {name} begins here.</source>
        <extracomment>Changes what is about to be sent. None: it cannot be sent, as the person was told; the field keeps its text. What a `Prepare` would make of a draft: asks nothing and changes nothing, however often it is called. asked in this order before a message is sent the same for a draft, in the same order What a person wrote of a question&apos;s text, which one of them may have made.</extracomment>
        <translation>从这里开始与 {name} 的新对话。</translation>
    </message>
    <message>
        <source>Temporary chat: nothing of it is written to the disk. It is gone when the window is closed.</source>
        <translation>临时对话：内容不会写入磁盘，关闭窗口后即消失。</translation>
    </message>
</context>
<context>
    <name>Chip</name>
    <message>
        <source>not read</source>
        <translation>未读取</translation>
    </message>
    <message>
        <source>Remove {name}</source>
        <translation>移除 {name}</translation>
    </message>
    <message>
        <source>read: {done} of {all}</source>
        <translation>正在读取：{done} / {all}</translation>
    </message>
    <message>
        <source>is being read…</source>
        <translation>正在读取…</translation>
    </message>
    <message>
        <source>is being opened…</source>
        <translation>正在打开…</translation>
    </message>
    <message>
        <source>{count} tokens</source>
        <translation>{count} 个词元</translation>
    </message>
</context>
<context>
    <name>CloseQuestion</name>
    <message>
        <source>Close the window</source>
        <translation>关闭窗口</translation>
    </message>
    <message>
        <source>{job}: waits, and would not begin</source>
        <translation>{job}：等待中，将不会开始</translation>
    </message>
    <message>
        <source>Jobs are not done</source>
        <translation>任务尚未完成</translation>
    </message>
    <message>
        <source>Close the window and end what is not done?</source>
        <translation>要关闭窗口并结束尚未完成的任务吗？</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续写入</translation>
    </message>
    <message>
        <source>Conversations are not saved</source>
        <translation>对话尚未保存</translation>
    </message>
    <message>
        <source>Close the window and lose what is not saved?</source>
        <translation>要关闭窗口并丢失尚未保存的内容吗？</translation>
    </message>
    <message>
        <source>Keep it open</source>
        <translation>保持打开</translation>
    </message>
</context>
<context>
    <name>CommandBox</name>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the commands: {way}</source>
        <translation>复制命令：{way}</translation>
    </message>
</context>
<context>
    <name>CompareDialog</name>
    <message>
        <source>Ask another model</source>
        <extracomment>None: as the model ran before that it stands for; None: which one is not known what loads just this row</extracomment>
        <translation>让另一个模型回答</translation>
    </message>
    <message>
        <source>Another model, or another precision of this one, answers the same question. Both answers stay: the arrows under them step from one to the other.</source>
        <translation>由另一个模型，或此模型的另一种精度，回答同一个问题。两个回答都会保留：可用其下方的箭头来回切换。</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>Ask</source>
        <translation>提问</translation>
    </message>
    <message>
        <source>Looking at this machine…</source>
        <translation>正在检查本机…</translation>
    </message>
    <message>
        <source>Without an adapter</source>
        <translation>不使用适配器</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>This model runs in no other precision on this machine.</source>
        <translation>此模型在本机没有其他可用的精度。</translation>
    </message>
</context>
<context>
    <name>ComparisonDialog</name>
    <message>
        <source>Side by side</source>
        <translation>并排对照</translation>
    </message>
    <message>
        <source>Stop both</source>
        <translation>全部停止</translation>
    </message>
    <message>
        <source>Keep left</source>
        <translation>保留左侧</translation>
    </message>
    <message>
        <source>Keep right</source>
        <translation>保留右侧</translation>
    </message>
    <message>
        <source>Keep both</source>
        <translation>两个都保留</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Keep only the answer of {name}</source>
        <translation>只保留 {name} 的回答</translation>
    </message>
    <message>
        <source>If you close this, both are stopped; what came so far stays.</source>
        <translation>关闭此窗口会停止两个回答；已生成的内容会保留。</translation>
    </message>
    <message>
        <source>Both answers are in the conversation: the arrows under them step from one to the other. “Keep left” and “Keep right” take the other one away.</source>
        <translation>两个回答都在对话中：可用其下方的箭头来回切换。“保留左侧”和“保留右侧”会移除另一个回答。</translation>
    </message>
    <message>
        <source>What came is in the conversation.</source>
        <translation>已生成的内容在对话中。</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>Write the beginning of a text…</source>
        <translation>写一段文本的开头…</translation>
    </message>
    <message>
        <source>Write a message…</source>
        <translation>输入消息…</translation>
    </message>
    <message>
        <source>Text to continue</source>
        <translation>待续写的文本</translation>
    </message>
    <message>
        <source>Context used</source>
        <extracomment>seen by nobody: what stands above follows it with Tab</extracomment>
        <translation>已用的上下文</translation>
    </message>
    <message>
        <source>{used} of {length}</source>
        <translation>{used} / {length}</translation>
    </message>
    <message>
        <source>Context used: {used} of {length} tokens</source>
        <translation>已用上下文：{used} / {length} 个词元</translation>
    </message>
    <message>
        <source>Tokens of the context: system prompt {system}, earlier messages {history}, your message {draft}, kept free for the answer {reserved}</source>
        <translation>上下文的词元数：系统提示词 {system}，之前的消息 {history}，您的消息 {draft}，为回答预留 {reserved}</translation>
    </message>
    <message>
        <source>Tokens of the context: text above {history}, your text {draft}, kept free for what follows {reserved}</source>
        <translation>上下文的词元数：上文 {history}，您的文本 {draft}，为续写预留 {reserved}</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Take back</source>
        <translation>撤回</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>续写</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>Message {name}</source>
        <translation>发消息给 {name}</translation>
    </message>
    <message>
        <source>No model is loaded. Choose one at the top.</source>
        <translation>没有加载模型，请在上方选择一个。</translation>
    </message>
    <message>
        <source>Enter sends your message as soon as the model is loaded.</source>
        <translation>按 Enter 后，模型加载完成即发送您的消息。</translation>
    </message>
    <message>
        <source>Enter sends your message after this answer · Esc stops it</source>
        <translation>按 Enter 后，此回答结束即发送您的消息 · Esc 停止回答</translation>
    </message>
    <message>
        <source>Esc stops the answer</source>
        <translation>按 Esc 停止回答</translation>
    </message>
    <message>
        <source>Another conversation is being answered; your message waits for it.</source>
        <translation>正在回答另一个对话，您的消息会排队等待。</translation>
    </message>
    <message>
        <source>Your message waits. You can take it back.</source>
        <translation>您的消息正在等待，可以撤回。</translation>
    </message>
    <message>
        <source>Enter continues the text above, or write a new beginning</source>
        <translation>按 Enter 接着上文续写，也可以写一个新的开头</translation>
    </message>
    <message>
        <source>Enter continues your text · Shift+Enter is a new line</source>
        <translation>Enter 续写 · Shift+Enter 换行</translation>
    </message>
    <message>
        <source>Answers can be wrong. Check what matters.</source>
        <translation>回答可能有误，重要内容请核实。</translation>
    </message>
    <message>
        <source>Enter sends · Shift+Enter is a new line</source>
        <translation>Enter 发送 · Shift+Enter 换行</translation>
    </message>
</context>
<context>
    <name>ContextPopover</name>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Context: {used} of {length} tokens are taken by the next prompt</source>
        <translation>上下文：下一次的提示词占用 {length} 个词元中的 {used} 个</translation>
    </message>
    <message>
        <source>Leave messages out…</source>
        <translation>选择不送入的消息…</translation>
    </message>
    <message>
        <source>Exact prompt…</source>
        <translation>实际提示词…</translation>
    </message>
</context>
<context>
    <name>ContextTexts</name>
    <message>
        <source>Text above</source>
        <translation>上文</translation>
    </message>
    <message>
        <source>Your text</source>
        <translation>您的文本</translation>
    </message>
    <message>
        <source>Kept free for what follows</source>
        <translation>为续写预留</translation>
    </message>
    <message>
        <source>Not needed</source>
        <translation>未占用</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>Earlier messages</source>
        <translation>之前的消息</translation>
    </message>
    <message>
        <source>Your message with documents</source>
        <translation>您的消息（含文档）</translation>
    </message>
    <message>
        <source>Kept free for the answer</source>
        <translation>为回答预留</translation>
    </message>
    <message>
        <source>One older message is not given to the model: it no longer fits in its context.</source>
        <translation>有 1 条较早的消息未送入模型：上下文已放不下。</translation>
    </message>
    <message>
        <source>{count} older messages are not given to the model: they no longer fit in its context.</source>
        <translation>有 {count} 条较早的消息未送入模型：上下文已放不下。</translation>
    </message>
    <message>
        <source>This cannot be sent: the model reads {length} tokens, prompt and answer together. Shorten the message or the system prompt.</source>
        <translation>无法发送：该模型的提示词与回答合计最多 {length} 个词元。请缩短消息或系统提示词。</translation>
    </message>
    <message>
        <source>This model is given the last turns of a conversation only: {count} older messages are not given to it.</source>
        <translation>该模型只会收到对话的最后几轮：较早的 {count} 条消息未送入模型。</translation>
    </message>
    <message>
        <source>Document: {name}</source>
        <translation>文档：{name}</translation>
    </message>
    <message>
        <source>Question {number}</source>
        <translation>问题 {number}</translation>
    </message>
    <message>
        <source>Answer {number}</source>
        <translation>回答 {number}</translation>
    </message>
    <message>
        <source>Here the answer begins</source>
        <translation>回答从这里开始</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
</context>
<context>
    <name>ConversationRows</name>
    <message>
        <source>You</source>
        <extracomment>The name of a model as the window shows it, by the one that was kept. The name of an adapter as the window shows it, by the one that was kept.</extracomment>
        <translation>您</translation>
    </message>
    <message>
        <source>You left this question and its answers out of the prompt</source>
        <translation>您已选择不把这个问题及其回答送入模型</translation>
    </message>
    <message>
        <source>Waits until the answer before it has ended</source>
        <translation>等待前一个回答结束</translation>
    </message>
    <message>
        <source>Waits until the adapter is changed</source>
        <translation>等待适配器切换完成</translation>
    </message>
    <message>
        <source>Waits until the model is loaded</source>
        <translation>等待模型加载完成</translation>
    </message>
</context>
<context>
    <name>CopyDonePage</name>
    <message>
        <source>{done} It takes {size} in {folder}</source>
        <translation>{done}占用 {size}，位于 {folder}</translation>
    </message>
    <message>
        <source>The copy is complete</source>
        <translation>副本已完成</translation>
    </message>
    <message>
        <source>Load it</source>
        <translation>加载</translation>
    </message>
</context>
<context>
    <name>CopyRow</name>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
</context>
<context>
    <name>DataFolder</name>
    <message>
        <source>Move…</source>
        <translation>移动…</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Do not move it</source>
        <translation>不移动</translation>
    </message>
    <message>
        <source>It is moved to {folder} when the app starts the next time: copied, compared, and only then taken away here.</source>
        <translation>下次启动程序时会移动到 {folder}：先复制并逐一核对，然后才从这里删除。</translation>
    </message>
    <message>
        <source>Choose an empty folder for your data</source>
        <translation>为您的数据选择一个空文件夹</translation>
    </message>
</context>
<context>
    <name>Deletions</name>
    <message>
        <source>The messages were deleted.</source>
        <extracomment>whether the last thing that was done is a deletion</extracomment>
        <translation>消息已删除。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
</context>
<context>
    <name>Details</name>
    <message>
        <source>Show in the file manager</source>
        <translation>在文件管理器中显示</translation>
    </message>
    <message>
        <source>Choose a model to see what is known of it.</source>
        <translation>选择一个模型，查看它的详细信息。</translation>
    </message>
    <message>
        <source>Details of the model</source>
        <translation>模型详情</translation>
    </message>
    <message>
        <source>Back to the list</source>
        <translation>返回列表</translation>
    </message>
</context>
<context>
    <name>Dialogs</name>
    <message>
        <source>Open a model folder</source>
        <translation>打开模型文件夹</translation>
    </message>
</context>
<context>
    <name>DocumentDialog</name>
    <message>
        <source>Document</source>
        <translation>文档</translation>
    </message>
    <message>
        <source>Encoding</source>
        <translation>编码</translation>
    </message>
    <message>
        <source>List the passages that are not given too</source>
        <translation>同时列出未提供的段落</translation>
    </message>
    <message>
        <source>Passages</source>
        <translation>段落</translation>
    </message>
    <message>
        <source>Text of the passage</source>
        <translation>段落文字</translation>
    </message>
    <message>
        <source>Give the whole text</source>
        <translation>提供全文</translation>
    </message>
    <message>
        <source>Choose by my message</source>
        <translation>按我的消息挑选</translation>
    </message>
    <message>
        <source>Write it into the field</source>
        <translation>改为写入输入框</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>The whole text takes {tokens} tokens, and there is room for {most}.</source>
        <translation>全文占 {tokens} 个词元，而只能放下 {most} 个。</translation>
    </message>
    <message>
        <source>The document is being read…</source>
        <translation>正在读取文档…</translation>
    </message>
    <message>
        <source>To read it in another encoding, attach the file again.</source>
        <translation>要以其他编码读取，请重新附加该文件。</translation>
    </message>
    <message>
        <source>How much of it is given is known as soon as a model is loaded and its tokens are counted.</source>
        <translation>加载模型并数完词元后，才能知道会提供多少内容。</translation>
    </message>
    <message>
        <source>Given: {what}.</source>
        <translation>已提供：{what}。</translation>
    </message>
    <message>
        <source>There is room for {count} tokens of documents.</source>
        <translation>文档最多可占 {count} 个词元。</translation>
    </message>
    <message>
        <source>You chose this by hand.</source>
        <translation>由您手动选定。</translation>
    </message>
    <message>
        <source>The passages are those that fit your message best.</source>
        <translation>这些是与您的消息最相关的段落。</translation>
    </message>
</context>
<context>
    <name>DocumentNotes</name>
    <message>
        <source>whole text</source>
        <translation>全文</translation>
    </message>
    <message>
        <source>all {count} tokens</source>
        <translation>全部 {count} 个词元</translation>
    </message>
    <message>
        <source>{given} of {all} passages, {given_tokens} of {all_tokens} tokens</source>
        <translation>{all} 段中的 {given} 段，{all_tokens} 个词元中的 {given_tokens} 个</translation>
    </message>
    <message>
        <source>{count} characters</source>
        <translation>{count} 个字符</translation>
    </message>
    <message>
        <source>{count} bytes</source>
        <translation>{count} 字节</translation>
    </message>
    <message>
        <source>{count} kB</source>
        <translation>{count} kB</translation>
    </message>
    <message>
        <source>{count} MB</source>
        <translation>{count} MB</translation>
    </message>
    <message>
        <source>1 page</source>
        <translation>1 页</translation>
    </message>
    <message>
        <source>1 slide</source>
        <translation>1 张幻灯片</translation>
    </message>
    <message>
        <source>1 sheet</source>
        <translation>1 个工作表</translation>
    </message>
    <message>
        <source>1 chapter</source>
        <translation>1 章</translation>
    </message>
    <message>
        <source>{count} pages</source>
        <translation>{count} 页</translation>
    </message>
    <message>
        <source>{count} slides</source>
        <translation>{count} 张幻灯片</translation>
    </message>
    <message>
        <source>{count} sheets</source>
        <translation>{count} 个工作表</translation>
    </message>
    <message>
        <source>{count} chapters</source>
        <translation>{count} 章</translation>
    </message>
    <message>
        <source>Page {number}</source>
        <translation>第 {number} 页</translation>
    </message>
    <message>
        <source>Slide {number}</source>
        <translation>第 {number} 张幻灯片</translation>
    </message>
    <message>
        <source>Sheet {number}</source>
        <translation>第 {number} 个工作表</translation>
    </message>
    <message>
        <source>Chapter {number}</source>
        <translation>第 {number} 章</translation>
    </message>
    <message>
        <source>Section {number}</source>
        <translation>第 {number} 节</translation>
    </message>
    <message>
        <source>Line {number}</source>
        <translation>第 {number} 行</translation>
    </message>
</context>
<context>
    <name>DriveBars</name>
    <message>
        <source>Disk use of the models, by drive</source>
        <translation>模型占用的磁盘空间（按驱动器）</translation>
    </message>
</context>
<context>
    <name>EntryMenu</name>
    <message>
        <source>&amp;Rename</source>
        <extracomment>into the folder that is the argument; None is out of every folder</extracomment>
        <translation>重命名(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Restore</source>
        <translation>恢复(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Delete for good…</source>
        <translation>彻底删除(&amp;D)…</translation>
    </message>
    <message>
        <source>New &amp;chat</source>
        <translation>新对话(&amp;C)</translation>
    </message>
    <message>
        <source>New &amp;temporary chat</source>
        <translation>新的临时对话(&amp;T)</translation>
    </message>
    <message>
        <source>New &amp;folder</source>
        <translation>新建文件夹(&amp;F)</translation>
    </message>
    <message>
        <source>Un&amp;pin</source>
        <translation>取消置顶(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Pin</source>
        <translation>置顶(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Mark as read</source>
        <translation>标为已读(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Mark as unread</source>
        <translation>标为未读(&amp;M)</translation>
    </message>
    <message>
        <source>D&amp;uplicate</source>
        <translation>复制一份(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Delete</source>
        <translation>删除(&amp;D)</translation>
    </message>
    <message>
        <source>Move to &amp;folder</source>
        <translation>移到文件夹(&amp;F)</translation>
    </message>
    <message>
        <source>No folder</source>
        <translation>不放入文件夹</translation>
    </message>
    <message>
        <source>&amp;New folder</source>
        <translation>新建文件夹(&amp;N)</translation>
    </message>
    <message>
        <source>Move &amp;up</source>
        <translation>上移(&amp;U)</translation>
    </message>
    <message>
        <source>Move d&amp;own</source>
        <translation>下移(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Delete the folder</source>
        <translation>删除文件夹(&amp;D)</translation>
    </message>
    <message>
        <source>E&amp;xport…</source>
        <translation>导出…(&amp;X)</translation>
    </message>
</context>
<context>
    <name>ExchangeTexts</name>
    <message>
        <source>Without a title</source>
        <translation>无标题</translation>
    </message>
    <message>
        <source>Markdown</source>
        <translation>Markdown</translation>
    </message>
    <message>
        <source>Plain text</source>
        <translation>纯文本</translation>
    </message>
    <message>
        <source>Web page (HTML)</source>
        <translation>网页（HTML）</translation>
    </message>
    <message>
        <source>JSON, to import again</source>
        <translation>JSON，可再次导入</translation>
    </message>
    <message>
        <source>PDF</source>
        <translation>PDF</translation>
    </message>
    <message>
        <source>Everything as one zip, to import again</source>
        <translation>全部内容打包为一个 zip，可再次导入</translation>
    </message>
    <message>
        <source>The messages that are shown, as they were written.</source>
        <translation>所显示的消息，按原文写出。</translation>
    </message>
    <message>
        <source>The messages that are shown, without marks of Markdown.</source>
        <translation>所显示的消息，不含 Markdown 标记。</translation>
    </message>
    <message>
        <source>One file for any browser, light and dark, with drawn formulas. Nothing in it is run or loaded.</source>
        <translation>可用任何浏览器打开的单个文件，支持浅色和深色，公式已绘制。其中不运行、也不加载任何内容。</translation>
    </message>
    <message>
        <source>All that is kept: branches, versions and documents too. This app reads it again.</source>
        <translation>保存的全部内容，包括分支、版本和文档。本程序可以再次读入。</translation>
    </message>
    <message>
        <source>The messages that are shown, on pages of A4.</source>
        <translation>所显示的消息，排在 A4 页面上。</translation>
    </message>
    <message>
        <source>All that is kept of every conversation, with folders, branches, versions, drafts and documents. This app reads it again, on another computer too.</source>
        <translation>每个对话保存的全部内容，包括文件夹、分支、版本、草稿和文档。本程序可以再次读入，在另一台电脑上也可以。</translation>
    </message>
    <message>
        <source>Stopped; nothing was written.</source>
        <translation>已停止；没有写出任何内容。</translation>
    </message>
    <message>
        <source>Stopped; {count} conversations are in {place}.</source>
        <translation>已停止；已有 {count} 个对话写入 {place}。</translation>
    </message>
    <message>
        <source>The conversation is in {place}.</source>
        <translation>对话已写入 {place}。</translation>
    </message>
    <message>
        <source>{count} conversations are in {place}.</source>
        <translation>{count} 个对话已写入 {place}。</translation>
    </message>
    <message>
        <source>No conversation of {origin} in it can be read</source>
        <translation>其中的 {origin} 对话都无法读取</translation>
    </message>
    <message>
        <source>One conversation of {origin}, of {until}</source>
        <translation>1 个 {origin} 对话，日期为 {until}</translation>
    </message>
    <message>
        <source>{count} conversations of {origin}, of {until}</source>
        <translation>{count} 个 {origin} 对话，日期为 {until}</translation>
    </message>
    <message>
        <source>{count} conversations of {origin}, from {since} to {until}</source>
        <translation>{count} 个 {origin} 对话，从 {since} 到 {until}</translation>
    </message>
    <message>
        <source>{count} are new</source>
        <translation>{count} 个是新的</translation>
    </message>
    <message>
        <source>{count} are here, and lack messages: only those are added</source>
        <translation>{count} 个已在这里，但缺少部分消息：只添加缺少的消息</translation>
    </message>
    <message>
        <source>{count} are here already, and are not added again</source>
        <translation>{count} 个已在这里，不会再次添加</translation>
    </message>
    <message>
        <source>{count} are in the trash here, and stay there</source>
        <translation>{count} 个在这里的回收站中，保持不动</translation>
    </message>
    <message>
        <source>{count} are older than what is kept here, and are left out</source>
        <translation>{count} 个早于这里的保留期限，不予添加</translation>
    </message>
    <message>
        <source>{count} cannot be read</source>
        <translation>{count} 个无法读取</translation>
    </message>
    <message>
        <source>Not taken over, by the names in the file: {names}</source>
        <translation>未导入的内容（按文件中的名称）：{names}</translation>
    </message>
    <message>
        <source>Unknown here, and left out: {names}</source>
        <translation>本程序不认识、已略去的字段：{names}</translation>
    </message>
    <message>
        <source>{count} more kinds</source>
        <translation>另有 {count} 种</translation>
    </message>
    <message>
        <source>{count} messages</source>
        <translation>{count} 条消息</translation>
    </message>
    <message>
        <source>new</source>
        <translation>新的</translation>
    </message>
    <message>
        <source>{count} of them new</source>
        <translation>其中 {count} 条是新的</translation>
    </message>
    <message>
        <source>here already</source>
        <translation>已在这里</translation>
    </message>
    <message>
        <source>in the trash here</source>
        <translation>在这里的回收站中</translation>
    </message>
    <message>
        <source>older than what is kept here</source>
        <translation>早于这里的保留期限</translation>
    </message>
    <message>
        <source>Nothing was added.</source>
        <translation>没有添加任何内容。</translation>
    </message>
    <message>
        <source>Added: {messages} messages in {conversations} conversations.</source>
        <translation>已添加：{conversations} 个对话中的 {messages} 条消息。</translation>
    </message>
    <message>
        <source>Stopped; added until then: {messages} messages in {conversations} conversations.</source>
        <translation>已停止；此前已添加：{conversations} 个对话中的 {messages} 条消息。</translation>
    </message>
    <message>
        <source>no date</source>
        <translation>无日期</translation>
    </message>
</context>
<context>
    <name>Exchanging</name>
    <message>
        <source>This conversation: {title}</source>
        <extracomment>Has the person choose a printer; a function is called with it then.</extracomment>
        <translation>此对话：{title}</translation>
    </message>
    <message>
        <source>The folder {name}: {count} conversations</source>
        <translation>文件夹 {name}：{count} 个对话</translation>
    </message>
    <message>
        <source>All conversations: {count}</source>
        <translation>全部对话：{count} 个</translation>
    </message>
    <message>
        <source>All conversations and the trash: {count}</source>
        <translation>全部对话和回收站：{count} 个</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export conversations</source>
        <extracomment>of the file&apos;s name; empty where it is not about one conversation something is being written</extracomment>
        <translation>导出对话</translation>
    </message>
    <message>
        <source>Exporting conversations</source>
        <translation>正在导出对话</translation>
    </message>
    <message>
        <source>{done} of {count} conversations</source>
        <translation>{done}/{count} 个对话</translation>
    </message>
    <message>
        <source>&amp;What</source>
        <translation>内容(&amp;W)</translation>
    </message>
    <message>
        <source>&amp;Form</source>
        <translation>格式(&amp;F)</translation>
    </message>
    <message>
        <source>What is exported</source>
        <translation>导出的内容</translation>
    </message>
    <message>
        <source>Form of the files</source>
        <translation>文件格式</translation>
    </message>
    <message>
        <source>With times, &amp;models and the system prompt</source>
        <translation>包含时间、模型和系统提示词(&amp;M)</translation>
    </message>
    <message>
        <source>With the &amp;texts of attached documents</source>
        <translation>包含所附文档的文本(&amp;T)</translation>
    </message>
    <message>
        <source>Files are not encrypted: whoever can open them reads the conversations.</source>
        <translation>文件没有加密：能打开文件的人都能读到对话。</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>FailedVerificationDialog</name>
    <message>
        <source>Verifying failed</source>
        <translation>校验未通过</translation>
    </message>
    <message>
        <source>Model: {name} · verified on {when}</source>
        <translation>模型：{name} · 校验于 {when}</translation>
    </message>
    <message>
        <source>What is wrong with its files</source>
        <translation>文件的问题</translation>
    </message>
    <message>
        <source>Load all the same…</source>
        <translation>仍要加载…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Verify again</source>
        <translation>重新校验</translation>
    </message>
    <message>
        <source>Load “{name}” with damaged files?</source>
        <translation>“{name}”的文件已损坏，仍要加载吗？</translation>
    </message>
    <message>
        <source>Its answers may be wrong or senseless, and somebody may have meant them to be. Better get the files again from where they came.

Your decision is remembered with your account&apos;s name. You are asked again as soon as a file changes, or verifying finds something else.</source>
        <translation>它的回答可能有误或毫无意义，也可能是有人故意为之。最好从原来的来源重新获取这些文件。

您的决定会连同您的账户名一起记录。一旦文件有变化，或校验发现了其他问题，会再次询问您。</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>Load all the same</source>
        <translation>仍要加载</translation>
    </message>
</context>
<context>
    <name>FilesField</name>
    <message>
        <source>Conversations and instructions (*.json *.jsonl);;All files (*)</source>
        <translation>对话和指令 (*.json *.jsonl);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Choose data to learn from</source>
        <translation>选择学习数据</translation>
    </message>
    <message>
        <source>Files to learn from</source>
        <translation>学习数据文件</translation>
    </message>
    <message>
        <source>Add files…</source>
        <translation>添加文件…</translation>
    </message>
    <message>
        <source>Take out</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>JSON or JSONL: conversations, instructions with their outputs, or conversations that this app exported. Files can be dropped here.</source>
        <translation>JSON 或 JSONL：对话、带输出的指令，或由本程序导出的对话。可将文件拖放到此处。</translation>
    </message>
</context>
<context>
    <name>FilterBar</name>
    <message>
        <source>Search models</source>
        <translation>搜索模型</translation>
    </message>
    <message>
        <source>Every family</source>
        <translation>全部系列</translation>
    </message>
    <message>
        <source>Every drive</source>
        <translation>全部驱动器</translation>
    </message>
    <message>
        <source>Filter: {what}</source>
        <translation>筛选：{what}</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>Filter ({count})</source>
        <translation>筛选（{count}）</translation>
    </message>
    <message>
        <source>Sort: {what}</source>
        <translation>排序：{what}</translation>
    </message>
    <message>
        <source>Sort</source>
        <translation>排序</translation>
    </message>
</context>
<context>
    <name>FindBar</name>
    <message>
        <source>{number} of {count}</source>
        <translation>第 {number} 处，共 {count} 处</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>未找到</translation>
    </message>
    <message>
        <source>Find in this chat</source>
        <translation>在此对话中查找</translation>
    </message>
    <message>
        <source>Hit before</source>
        <translation>上一处</translation>
    </message>
    <message>
        <source>Hit after</source>
        <translation>下一处</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>FindDialog</name>
    <message>
        <source>Find models</source>
        <translation>查找模型</translation>
    </message>
</context>
<context>
    <name>FirstAnswer</name>
    <message>
        <source>Waits until the answer before it has ended</source>
        <translation>等待上一个回答结束</translation>
    </message>
</context>
<context>
    <name>FirstRun</name>
    <message>
        <source>This computer has {memory} of memory, of which {free} are free.</source>
        <extracomment>the largest released chat model that runs here; None: none does How each model that is here would run, by folder; or why it cannot.</extracomment>
        <translation>这台电脑有 {memory} 内存，其中 {free} 可用。</translation>
    </message>
    <message>
        <source>Its cards: {cards}.</source>
        <translation>显卡：{cards}。</translation>
    </message>
    <message>
        <source>No released chat model fits into what is free now; the guide always does.</source>
        <translation>目前可用的内存放不下任何已发布的对话模型；内置助手总能运行。</translation>
    </message>
    <message>
        <source>The largest released model that runs here is {name}, in {precision}.</source>
        <translation>这里能运行的最大的已发布模型是 {name}（{precision}）。</translation>
    </message>
    <message>
        <source>Does not fit this machine now</source>
        <translation>目前这台电脑放不下</translation>
    </message>
    <message>
        <source>Runs here, in {precision}</source>
        <translation>可在本机以 {precision} 运行</translation>
    </message>
</context>
<context>
    <name>FirstRunDialog</name>
    <message>
        <source>Looking at what this computer can run…</source>
        <extracomment>models shall be looked for on this computer how to get one shall be told</extracomment>
        <translation>正在查看这台电脑能运行什么…</translation>
    </message>
    <message>
        <source>Look for models on this computer</source>
        <translation>在这台电脑上查找模型</translation>
    </message>
    <message>
        <source>In the caches of other programs and on drives that you choose.</source>
        <translation>在其他程序的缓存和您选择的磁盘中查找。</translation>
    </message>
    <message>
        <source>How to get a model</source>
        <translation>如何获取模型</translation>
    </message>
    <message>
        <source>Which models there are, what they need, and the commands to fetch them.</source>
        <translation>有哪些模型、各需要什么，以及下载它们的命令。</translation>
    </message>
    <message>
        <source>It is here already, and answers questions about this app.</source>
        <translation>已经内置，可以回答关于本程序的问题。</translation>
    </message>
    <message>
        <source>First steps</source>
        <translation>初次使用</translation>
    </message>
    <message>
        <source>Which language shall the window speak?</source>
        <translation>界面使用哪种语言？</translation>
    </message>
    <message>
        <source>With which model do you want to begin?</source>
        <translation>您想从哪个模型开始？</translation>
    </message>
    <message>
        <source>Everything stays on this computer: the app opens no network connection by itself.</source>
        <translation>一切都留在这台电脑上：本程序不会自行建立网络连接。</translation>
    </message>
    <message>
        <source>You can choose another one at any time, at the top of the window.</source>
        <translation>您随时可以在窗口顶部换用其他模型。</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>跳过</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>上一步</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Begin</source>
        <translation>开始</translation>
    </message>
</context>
<context>
    <name>FoldButton</name>
    <message>
        <source>Show less</source>
        <translation>收起</translation>
    </message>
    <message>
        <source>Show all {count} characters</source>
        <translation>显示全部 {count} 个字符</translation>
    </message>
</context>
<context>
    <name>ForGoodQuestion</name>
    <message>
        <source>Delete for good</source>
        <translation>彻底删除</translation>
    </message>
    <message>
        <source>Delete this conversation for good?</source>
        <translation>要彻底删除这个对话吗？</translation>
    </message>
    <message>
        <source>Delete {count} conversations for good?</source>
        <translation>要彻底删除 {count} 个对话吗？</translation>
    </message>
    <message>
        <source>Nothing can bring them back.</source>
        <translation>删除后无法恢复。</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
</context>
<context>
    <name>ForgetQuestion</name>
    <message>
        <source>Forget a training</source>
        <translation>放弃微调</translation>
    </message>
    <message>
        <source>Delete what was kept of “{name}”?</source>
        <translation>删除为“{name}”保留的内容？</translation>
    </message>
    <message>
        <source>Its checkpoints in {folder} are deleted, up to step {step} of {total}. It cannot go on afterwards. The model and the data stay as they are.</source>
        <translation>将删除 {folder} 中的检查点（已到第 {step} 步，共 {total} 步），此后无法继续。模型和数据保持不变。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
</context>
<context>
    <name>GetDialog</name>
    <message>
        <source>How to get a model</source>
        <extracomment>of the model that is chosen</extracomment>
        <translation>如何获取模型</translation>
    </message>
    <message>
        <source>The app itself downloads nothing. Choose a model, run one of the commands on a computer with a network, and bring the folder here: on a drive, or over your own network.</source>
        <translation>本程序自身不下载任何内容。请选择一个模型，在有网络的电脑上运行其中一条命令，再用移动驱动器或内网把文件夹带到这里。</translation>
    </message>
    <message>
        <source>Looking at what fits this machine…</source>
        <translation>正在查看哪些模型适合这台电脑…</translation>
    </message>
    <message>
        <source>Released models</source>
        <translation>已发布的模型</translation>
    </message>
    <message>
        <source>I have it: find it</source>
        <translation>我已有模型，去查找</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>GetPage</name>
    <message>
        <source>Memory that it takes on this machine</source>
        <translation>在这台电脑上占用的内存</translation>
    </message>
    <message>
        <source>On another computer, one with a network</source>
        <translation>在另一台有网络的电脑上</translation>
    </message>
    <message>
        <source>What must be in the folder then</source>
        <translation>文件夹中应有的文件</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可协议</translation>
    </message>
    <message>
        <source>No place is known at which these weights were published.</source>
        <translation>不知道这些权重发布在何处。</translation>
    </message>
    <message>
        <source>It runs here: {why}</source>
        <translation>可在这台电脑上运行：{why}</translation>
    </message>
    <message>
        <source>It does not fit this machine now: {why}</source>
        <translation>目前不适合这台电脑：{why}</translation>
    </message>
</context>
<context>
    <name>Getting</name>
    <message>
        <source>Does not fit this machine now</source>
        <translation>目前不适合这台电脑</translation>
    </message>
    <message>
        <source>Runs here, in {precision}</source>
        <translation>可在此运行，精度 {precision}</translation>
    </message>
    <message>
        <source>Chat model</source>
        <translation>对话模型</translation>
    </message>
    <message>
        <source>Base model</source>
        <translation>基座模型</translation>
    </message>
    <message>
        <source>{count} tokens of context</source>
        <translation>上下文 {count} 个词元</translation>
    </message>
    <message>
        <source>{size} on the drive</source>
        <translation>占用磁盘 {size}</translation>
    </message>
    <message>
        <source>or: {names}</source>
        <translation>或：{names}</translation>
    </message>
    <message>
        <source>at least {size}</source>
        <translation>至少 {size}</translation>
    </message>
    <message>
        <source>needed</source>
        <translation>必需</translation>
    </message>
    <message>
        <source>read where it is there</source>
        <translation>如有则读取</translation>
    </message>
    <message>
        <source>licence</source>
        <translation>许可协议</translation>
    </message>
    <message>
        <source>code that is never run; not needed</source>
        <translation>代码，从不运行，不需要</translation>
    </message>
</context>
<context>
    <name>GivenDialog</name>
    <message>
        <source>Given to the model</source>
        <translation>提供给模型的内容</translation>
    </message>
    <message>
        <source>What was given</source>
        <translation>已提供的内容</translation>
    </message>
    <message>
        <source>Text of the passage</source>
        <translation>段落文字</translation>
    </message>
    <message>
        <source>Attach it to my next message</source>
        <translation>附加到我的下一条消息</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>The document is gone: of this question the model is given nothing of it.</source>
        <translation>文档已不存在：模型不再得到这个问题所附的内容。</translation>
    </message>
    <message>
        <source>Given: {what}.</source>
        <translation>已提供：{what}。</translation>
    </message>
    <message>
        <source>Whole text</source>
        <translation>全文</translation>
    </message>
</context>
<context>
    <name>ImportDialog</name>
    <message>
        <source>Exports of conversations</source>
        <extracomment>conversations that are being added</extracomment>
        <translation>导出的对话</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
    <message>
        <source>Import conversations</source>
        <translation>导入对话</translation>
    </message>
    <message>
        <source>Reading {name}</source>
        <translation>正在读取 {name}</translation>
    </message>
    <message>
        <source>{count} conversations were found</source>
        <translation>已找到 {count} 个对话</translation>
    </message>
    <message>
        <source>Add one conversation</source>
        <translation>添加 1 个对话</translation>
    </message>
    <message>
        <source>Add {count} conversations</source>
        <translation>添加 {count} 个对话</translation>
    </message>
    <message>
        <source>Adding conversations</source>
        <translation>正在添加对话</translation>
    </message>
    <message>
        <source>{done} of {count} conversations</source>
        <translation>{done}/{count} 个对话</translation>
    </message>
    <message>
        <source>Choose what another program exported: the zip or conversations.json of ChatGPT, the chats of Open WebUI as JSON, the folder of conversations of LM Studio, the folder of threads of Jan; or a zip or JSON that this app exported.

What is found is shown first. Nothing that is here is overwritten, and what is here already is not added again.</source>
        <translation>请选择其他程序导出的内容：ChatGPT 的 zip 或 conversations.json、Open WebUI 以 JSON 导出的对话、LM Studio 的对话文件夹、Jan 的 threads 文件夹；或者本程序导出的 zip 或 JSON。

找到的内容会先显示出来。这里已有的内容不会被覆盖，也不会重复添加。</translation>
    </message>
    <message>
        <source>Choose a file…</source>
        <translation>选择文件…</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>选择文件夹…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Conversations that were found</source>
        <translation>找到的对话</translation>
    </message>
    <message>
        <source>All that can be added</source>
        <translation>全部可添加的对话</translation>
    </message>
</context>
<context>
    <name>InputNotice</name>
    <message>
        <source>Understood</source>
        <translation>知道了</translation>
    </message>
</context>
<context>
    <name>JobController</name>
    <message>
        <source>{job} · {count} waiting</source>
        <extracomment>opened last</extracomment>
        <translation>{job} · {count} 个等待中</translation>
    </message>
</context>
<context>
    <name>JobEntries</name>
    <message>
        <source>Qu&amp;antise a copy…</source>
        <translation>量化一份副本(&amp;A)…</translation>
    </message>
    <message>
        <source>Convert to &amp;safetensors…</source>
        <translation>转换为 safetensors(&amp;S)…</translation>
    </message>
    <message>
        <source>&amp;Export for ONNX Runtime…</source>
        <translation>导出为 ONNX Runtime(&amp;E)…</translation>
    </message>
    <message>
        <source>Mer&amp;ge an adapter into a copy…</source>
        <translation>将适配器合并到副本(&amp;G)…</translation>
    </message>
    <message>
        <source>&amp;Measure speed…</source>
        <translation>测量速度(&amp;M)…</translation>
    </message>
    <message>
        <source>&amp;Compare quality…</source>
        <translation>比较质量(&amp;C)…</translation>
    </message>
    <message>
        <source>&amp;Fine-tune…</source>
        <translation>微调(&amp;F)…</translation>
    </message>
</context>
<context>
    <name>JobOptions</name>
    <message>
        <source>Choose where the copy shall lie</source>
        <translation>选择存放副本的位置</translation>
    </message>
    <message>
        <source>Looking at the model…</source>
        <translation>正在查看模型…</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>新文件夹</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>Write the copy</source>
        <translation>写入副本</translation>
    </message>
    <message>
        <source>about {size}</source>
        <translation>约 {size}</translation>
    </message>
    <message>
        <source>under 1 min of computing</source>
        <translation>计算不到 1 分钟</translation>
    </message>
    <message>
        <source>about {count} min of computing</source>
        <translation>计算约 {count} 分钟</translation>
    </message>
</context>
<context>
    <name>JobRow</name>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Show result</source>
        <translation>查看结果</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
</context>
<context>
    <name>JobTexts</name>
    <message>
        <source>{what}: {name}</source>
        <translation>{what}：{name}</translation>
    </message>
    <message>
        <source>{what}: {percent} %</source>
        <translation>{what}：{percent}%</translation>
    </message>
    <message>
        <source>Waits until the job before it has ended</source>
        <translation>等待前一项任务结束</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在开始…</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>正在取消…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Pausing…</source>
        <translation>正在暂停…</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>{job} failed: {what}</source>
        <translation>{job}失败：{what}</translation>
    </message>
</context>
<context>
    <name>JobsPage</name>
    <message>
        <source>Jobs</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>Back to the chat</source>
        <translation>返回对话</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>正在运行</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Finished since the app was opened</source>
        <translation>本次打开应用后已结束的任务</translation>
    </message>
    <message>
        <source>Nothing runs. Copies, exports and measurements of the menu are listed here: how far they are, and what came of them.</source>
        <translation>没有正在运行的任务。菜单中的副本、导出和测量会列在这里，显示进度和结果。</translation>
    </message>
</context>
<context>
    <name>KeyRow</name>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>Copy the key</source>
        <translation>复制密钥</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>隐藏</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Show the key</source>
        <translation>显示密钥</translation>
    </message>
    <message>
        <source>New key</source>
        <translation>更换密钥</translation>
    </message>
    <message>
        <source>Programs need the new one from then on</source>
        <translation>此后各程序须使用新密钥</translation>
    </message>
</context>
<context>
    <name>Language</name>
    <message>
        <source>en</source>
        <comment>translate as: zh</comment>
        <translation>zh</translation>
    </message>
</context>
<context>
    <name>LeaveOutDialog</name>
    <message>
        <source>left out</source>
        <translation>已选择不送入</translation>
    </message>
    <message>
        <source>given</source>
        <translation>送入</translation>
    </message>
    <message>
        <source>too old</source>
        <translation>超出轮数</translation>
    </message>
    <message>
        <source>does not fit</source>
        <translation>放不下</translation>
    </message>
    <message>
        <source>Counting…</source>
        <translation>正在计数…</translation>
    </message>
    <message>
        <source>Given: {rounds} questions with their answers, {history} tokens. With the system prompt ({system}), your message ({draft}) and what is kept free for the answer ({reserved}) that is {total} of {length} tokens.</source>
        <translation>送入 {rounds} 个问题及其回答，共 {history} 个词元。加上系统提示词（{system}）、您的消息（{draft}）和为回答预留的部分（{reserved}），合计 {total} / {length} 个词元。</translation>
    </message>
    <message>
        <source>Leave messages out</source>
        <translation>选择不送入的消息</translation>
    </message>
    <message>
        <source>The model is given the questions that are ticked, with their answers, the newest first, as far as they fit. What you leave out makes room for older ones. Nothing is deleted.</source>
        <translation>勾选的问题及其回答会送入模型，从最新的开始，放得下多少就送入多少。不送入的部分会为更早的消息腾出空间。不会删除任何内容。</translation>
    </message>
    <message>
        <source>The newest {count} questions are listed.</source>
        <translation>此处列出最新的 {count} 个问题。</translation>
    </message>
    <message>
        <source>Question</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>词元数</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Questions of the conversation</source>
        <translation>对话中的问题</translation>
    </message>
    <message>
        <source>Tick all</source>
        <translation>全部勾选</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
</context>
<context>
    <name>LibraryActions</name>
    <message>
        <source>Use this adapter</source>
        <translation>使用此适配器</translation>
    </message>
    <message>
        <source>Use this model</source>
        <translation>使用此模型</translation>
    </message>
    <message>
        <source>How to get it…</source>
        <translation>获取方法…</translation>
    </message>
    <message>
        <source>Find it…</source>
        <translation>查找…</translation>
    </message>
    <message>
        <source>Rename…</source>
        <translation>重命名…</translation>
    </message>
    <message>
        <source>Show folder</source>
        <translation>显示文件夹</translation>
    </message>
    <message>
        <source>Copy path</source>
        <translation>复制路径</translation>
    </message>
    <message>
        <source>Verify</source>
        <translation>校验</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>移除…</translation>
    </message>
</context>
<context>
    <name>LibraryDetails</name>
    <message>
        <source>Files</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Verification</source>
        <translation>校验</translation>
    </message>
    <message>
        <source>{id}, which is not in the list</source>
        <translation>{id}（不在列表中）</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Linear layers that it changes</source>
        <translation>所改变的线性层数</translation>
    </message>
    <message>
        <source>Tensors that it replaces</source>
        <translation>所替换的张量</translation>
    </message>
    <message>
        <source>Size of its tensors</source>
        <translation>张量大小</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>Made for</source>
        <translation>基座模型</translation>
    </message>
    <message>
        <source>Published figures</source>
        <translation>公布的数据</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可协议</translation>
    </message>
    <message>
        <source>Where it comes from</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>How it was made</source>
        <translation>制作过程</translation>
    </message>
    <message>
        <source>Location</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Drive</source>
        <translation>驱动器</translation>
    </message>
    <message>
        <source>Free there</source>
        <translation>可用空间</translation>
    </message>
    <message>
        <source>Size on disk</source>
        <translation>磁盘占用</translation>
    </message>
    <message>
        <source>Precision on disk</source>
        <translation>磁盘上的精度</translation>
    </message>
    <message>
        <source>{free} of {total}</source>
        <translation>{free}（共 {total}）</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>ONNX 导出模型</translation>
    </message>
    <message>
        <source>Size of exports</source>
        <translation>导出模型的大小</translation>
    </message>
    <message>
        <source>Another copy</source>
        <translation>另一份副本</translation>
    </message>
    <message>
        <source>Not verified on this computer</source>
        <translation>尚未在本机校验</translation>
    </message>
    <message>
        <source>Verified</source>
        <translation>校验结果</translation>
    </message>
    <message>
        <source>{user} insisted on loading it all the same, {day}</source>
        <translation>{user} 已选择仍然加载（{day}）</translation>
    </message>
    <message>
        <source>Override</source>
        <translation>仍然加载</translation>
    </message>
    <message>
        <source>What is wrong</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>What this shows</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>{day}: something is wrong</source>
        <translation>{day}：发现问题</translation>
    </message>
    <message>
        <source>{day}: no fault was found</source>
        <translation>{day}：未发现问题</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Family</source>
        <translation>系列</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数量</translation>
    </message>
    <message>
        <source>{count} tokens</source>
        <translation>{count} 个词元</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Hidden size</source>
        <translation>隐藏层维度</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>层数</translation>
    </message>
    <message>
        <source>Attention heads</source>
        <translation>注意力头数</translation>
    </message>
    <message>
        <source>Feed-forward size</source>
        <translation>前馈层维度</translation>
    </message>
    <message>
        <source>Vocabulary</source>
        <translation>词表大小</translation>
    </message>
    <message>
        <source>Memory, {precision}</source>
        <translation>显存，{precision}</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>数据来源</translation>
    </message>
    <message>
        <source>The one that came with its weights</source>
        <translation>以随权重提供的协议为准</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Allowed</source>
        <translation>允许</translation>
    </message>
    <message>
        <source>Only with permission, on application</source>
        <translation>须申请并获得许可</translation>
    </message>
    <message>
        <source>Not allowed</source>
        <translation>不允许</translation>
    </message>
    <message>
        <source>Commercial use</source>
        <translation>商业用途</translation>
    </message>
    <message>
        <source>Repository</source>
        <translation>仓库</translation>
    </message>
    <message>
        <source>Added</source>
        <translation>添加日期</translation>
    </message>
    <message>
        <source>Listed by</source>
        <translation>登记者</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>从未</translation>
    </message>
    <message>
        <source>Last used</source>
        <translation>上次使用</translation>
    </message>
    <message>
        <source>Id</source>
        <translation>标识</translation>
    </message>
    <message>
        <source>The app, as a part of it</source>
        <translation>程序自带</translation>
    </message>
    <message>
        <source>The app</source>
        <translation>程序</translation>
    </message>
    <message>
        <source>The administrator of this computer</source>
        <translation>本机管理员</translation>
    </message>
    <message>
        <source>You</source>
        <translation>您</translation>
    </message>
</context>
<context>
    <name>LibraryPage</name>
    <message>
        <source>No model is as you look for it.</source>
        <translation>没有符合条件的模型。</translation>
    </message>
    <message>
        <source>“{folder}” cannot be shown: it is not there now, or is no folder.</source>
        <translation>无法显示“{folder}”：它现在不存在，或者不是文件夹。</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Add models</source>
        <translation>添加模型</translation>
    </message>
    <message>
        <source>Back to the chat</source>
        <translation>返回对话</translation>
    </message>
    <message>
        <source>&amp;Find models on this computer…</source>
        <translation>在本机查找模型(&amp;F)…</translation>
    </message>
    <message>
        <source>&amp;Import a folder…</source>
        <translation>导入文件夹(&amp;I)…</translation>
    </message>
    <message>
        <source>How to &amp;get a model…</source>
        <translation>如何获取模型(&amp;G)…</translation>
    </message>
    <message>
        <source>&amp;Add an adapter…</source>
        <translation>添加适配器(&amp;A)…</translation>
    </message>
</context>
<context>
    <name>LibraryRemoval</name>
    <message>
        <source>Its copy goes into the trash: {folder}. The {size} are free once the trash is emptied.</source>
        <translation>程序保存的副本将移到回收站：{folder}。清空回收站后释放 {size}。</translation>
    </message>
    <message>
        <source>It is only taken from the list. Its folder is not touched: {folder}.</source>
        <translation>只从列表中移除，不改动它的文件夹：{folder}。</translation>
    </message>
    <message>
        <source>It is only taken from the list. Its folder stays, for other models of the list use it: {ids}.</source>
        <translation>只从列表中移除。文件夹会保留，因为列表中的其他模型还在使用它：{ids}。</translation>
    </message>
    <message>
        <source>It is only taken from the list. Its folder stays, for {why}: {folder}.</source>
        <translation>只从列表中移除。文件夹会保留，原因：{why}：{folder}。</translation>
    </message>
    <message>
        <source>It is only taken from the list. Its folder is not here.</source>
        <translation>只从列表中移除。它的文件夹现在不在本机。</translation>
    </message>
    <message>
        <source>Its exports stay, and are listed as models of their own: {ids}.</source>
        <translation>它的 ONNX 导出模型会保留，并作为独立的模型列出：{ids}。</translation>
    </message>
    <message>
        <source>Its adapters stay in the list, though no other model is for them: {ids}.</source>
        <translation>它的适配器仍保留在列表中，但没有其他模型可用：{ids}。</translation>
    </message>
</context>
<context>
    <name>LibraryTexts</name>
    <message>
        <source>Ready</source>
        <translation>可用</translation>
    </message>
    <message>
        <source>Changed</source>
        <translation>有改动</translation>
    </message>
    <message>
        <source>Damaged</source>
        <translation>已损坏</translation>
    </message>
    <message>
        <source>Unfinished</source>
        <translation>不完整</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>未找到</translation>
    </message>
    <message>
        <source>Drive absent</source>
        <translation>驱动器未连接</translation>
    </message>
    <message>
        <source>Unreadable</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>On this computer</source>
        <translation>本机的模型</translation>
    </message>
    <message>
        <source>Released, not here</source>
        <translation>已发布，本机没有</translation>
    </message>
    <message>
        <source>Not here</source>
        <translation>本机没有</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>正在查看…</translation>
    </message>
    <message>
        <source>Its drive has not answered yet. Everything else is shown meanwhile.</source>
        <translation>它所在的驱动器尚未响应，先显示其余内容。</translation>
    </message>
    <message>
        <source>1 export</source>
        <translation>1 个导出模型</translation>
    </message>
    <message>
        <source>{count} exports</source>
        <translation>{count} 个导出模型</translation>
    </message>
    <message>
        <source>1 more copy</source>
        <translation>另有 1 份副本</translation>
    </message>
    <message>
        <source>{count} more copies</source>
        <translation>另有 {count} 份副本</translation>
    </message>
    <message>
        <source>its model is not in the list</source>
        <translation>所属模型不在列表中</translation>
    </message>
    <message>
        <source>for {model}</source>
        <translation>用于 {model}</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>昨天</translation>
    </message>
    <message>
        <source>d MMM yyyy</source>
        <comment>QLocale&apos;s form of a day</comment>
        <translation>yyyy年M月d日</translation>
    </message>
    <message>
        <source>last used: {day}</source>
        <translation>上次使用：{day}</translation>
    </message>
    <message>
        <source>All models</source>
        <translation>全部模型</translation>
    </message>
    <message>
        <source>Ready to use</source>
        <translation>可以使用</translation>
    </message>
    <message>
        <source>Needs attention</source>
        <translation>需要留意</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Size on disk</source>
        <translation>磁盘占用</translation>
    </message>
    <message>
        <source>Last used</source>
        <translation>上次使用</translation>
    </message>
    <message>
        <source>Added</source>
        <translation>添加日期</translation>
    </message>
    <message>
        <source>Not here now; 1 model lies on it</source>
        <translation>现在未连接，其中有 1 个模型</translation>
    </message>
    <message>
        <source>Not here now; {count} models lie on it</source>
        <translation>现在未连接，其中有 {count} 个模型</translation>
    </message>
    <message>
        <source>{size} of models</source>
        <translation>模型占用 {size}</translation>
    </message>
    <message>
        <source>{size} of models · {free} free of {total}</source>
        <translation>模型占用 {size} · 可用 {free}，共 {total}</translation>
    </message>
    <message>
        <source>and 1 more</source>
        <translation>另有 1 个</translation>
    </message>
    <message>
        <source>and {count} more</source>
        <translation>另有 {count} 个</translation>
    </message>
</context>
<context>
    <name>LicenceDialog</name>
    <message>
        <source>Model licence</source>
        <translation>模型许可协议</translation>
    </message>
    <message>
        <source>Licence of “{name}”</source>
        <translation>“{name}”的许可协议</translation>
    </message>
    <message>
        <source>Text of the licence</source>
        <translation>许可协议全文</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>接受</translation>
    </message>
    <message>
        <source>Do not accept</source>
        <translation>不接受</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>The model is loaded once you have accepted these conditions. You are asked again only if they change.</source>
        <translation>您接受以下条款后才会加载此模型。只有条款变化时才会再次询问。</translation>
    </message>
    <message>
        <source>This is none of the released models that the app knows, and no licence lies in its folder. Read the licence under which you received its weights.</source>
        <translation>此模型未识别为官方发布的模型，其文件夹中也没有许可协议。请阅读您获得这些权重时所附的许可协议。</translation>
    </message>
</context>
<context>
    <name>Licences</name>
    <message>
        <source>Conditions of this machine&apos;s administrator</source>
        <translation>本机管理员的条款</translation>
    </message>
    <message>
        <source>From the app&apos;s list of released models</source>
        <translation>来自本程序的已发布模型列表</translation>
    </message>
    <message>
        <source>From the model&apos;s folder: {file}</source>
        <translation>来自模型文件夹：{file}</translation>
    </message>
    <message>
        <source>This file is no plain text: read it with another program before you accept it.</source>
        <translation>此文件不是纯文本：接受之前，请用其他程序打开阅读。</translation>
    </message>
    <message>
        <source>Commercial use: allowed.</source>
        <translation>商业用途：允许。</translation>
    </message>
    <message>
        <source>Commercial use: only with permission, on application.</source>
        <translation>商业用途：须申请并获得许可。</translation>
    </message>
    <message>
        <source>Commercial use: not allowed.</source>
        <translation>商业用途：不允许。</translation>
    </message>
    <message>
        <source>“{name}” is not accepted yet.</source>
        <translation>尚未接受“{name}”。</translation>
    </message>
    <message>
        <source>“{name}” was accepted by {user} on {when}.</source>
        <translation>{user} 已于 {when} 接受“{name}”。</translation>
    </message>
    <message>
        <source>d MMM yyyy HH:mm</source>
        <comment>QLocale&apos;s form of a time</comment>
        <translation>yyyy年M月d日 HH:mm</translation>
    </message>
</context>
<context>
    <name>LinkDialog</name>
    <message>
        <source>Open a link</source>
        <translation>打开链接</translation>
    </message>
    <message>
        <source>Open this address in another program? It may reach the network.</source>
        <translation>要用其他程序打开此地址吗？可能会访问网络。</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>复制地址</translation>
    </message>
</context>
<context>
    <name>LogView</name>
    <message>
        <source>Requests</source>
        <translation>请求记录</translation>
    </message>
    <message>
        <source>No request is done yet. What is asked and answered is never written here.</source>
        <translation>尚无已完成的请求。这里从不记录提问和回答的内容。</translation>
    </message>
</context>
<context>
    <name>LossChart</name>
    <message>
        <source>Loss {begin} at step {first}, {loss} at step {step}; lowest {lowest} at step {where}. Learning rate {rate}.</source>
        <translation>第 {first} 步损失 {begin}，第 {step} 步损失 {loss}；最低 {lowest}，在第 {where} 步。学习率 {rate}。</translation>
    </message>
    <message>
        <source>Loss of evaluation {loss} at step {step}.</source>
        <translation>第 {step} 步评估损失 {loss}。</translation>
    </message>
    <message>
        <source>Step {step}</source>
        <translation>第 {step} 步</translation>
    </message>
    <message>
        <source>Steps {first} to {last}, their mean</source>
        <translation>第 {first} 至 {last} 步的平均值</translation>
    </message>
    <message>
        <source>Loss: {loss}</source>
        <translation>损失：{loss}</translation>
    </message>
    <message>
        <source>Loss of evaluation: {loss}</source>
        <translation>评估损失：{loss}</translation>
    </message>
    <message>
        <source>Learning rate: {rate}</source>
        <translation>学习率：{rate}</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Loss of evaluation</source>
        <translation>评估损失</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>The curve begins with the first step</source>
        <translation>曲线从第一步开始</translation>
    </message>
    <message>
        <source>Curve of the loss</source>
        <translation>损失曲线</translation>
    </message>
</context>
<context>
    <name>MarkdownDocument</name>
    <message>
        <source>Code</source>
        <translation>代码</translation>
    </message>
</context>
<context>
    <name>MeasureChart</name>
    <message>
        <source>Measured before; it does not run now.</source>
        <translation>以前测量过；现在无法运行。</translation>
    </message>
</context>
<context>
    <name>MeasureDialog</name>
    <message>
        <source>Looking at this machine…</source>
        <translation>正在查看本机…</translation>
    </message>
    <message>
        <source>The memory does not suffice for both: the model of the chat is unloaded before it begins, and loaded again when it has ended. The conversation stays.</source>
        <translation>内存不足以同时容纳两者：测量开始前会卸载对话所用的模型，结束后重新加载。对话内容保留。</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>{precision}: {sentence}</source>
        <translation>{precision}：{sentence}</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>隐藏</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>Menus</name>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Chat</source>
        <extracomment>all commands, behind one button what is done with models; also of the folded menu</extracomment>
        <translation>对话(&amp;C)</translation>
    </message>
    <message>
        <source>Mo&amp;dels</source>
        <translation>模型(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>T&amp;heme</source>
        <translation>主题(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Zoom ({percent} %)</source>
        <translation>缩放（{percent} %）(&amp;Z)</translation>
    </message>
    <message>
        <source>New &amp;temporary chat</source>
        <translation>新建临时对话(&amp;T)</translation>
    </message>
    <message>
        <source>Sea&amp;rch conversations</source>
        <translation>搜索对话(&amp;R)</translation>
    </message>
    <message>
        <source>Rename the &amp;conversation</source>
        <translation>重命名对话(&amp;C)</translation>
    </message>
    <message>
        <source>E&amp;xport…</source>
        <translation>导出…(&amp;X)</translation>
    </message>
    <message>
        <source>&amp;Print…</source>
        <translation>打印…(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Import conversations…</source>
        <translation>导入对话…(&amp;I)</translation>
    </message>
    <message>
        <source>Restore from a &amp;backup…</source>
        <translation>从备份恢复(&amp;B)…</translation>
    </message>
    <message>
        <source>&amp;Open a model folder…</source>
        <translation>打开模型文件夹(&amp;O)…</translation>
    </message>
    <message>
        <source>&amp;New chat</source>
        <translation>新对话(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Stop the answer</source>
        <translation>停止回答(&amp;S)</translation>
    </message>
    <message>
        <source>Attach doc&amp;uments…</source>
        <translation>附加文档(&amp;U)…</translation>
    </message>
    <message>
        <source>Sho&amp;w the exact prompt…</source>
        <translation>显示实际提示词(&amp;W)…</translation>
    </message>
    <message>
        <source>Leave &amp;messages out…</source>
        <translation>选择不送入的消息(&amp;M)…</translation>
    </message>
    <message>
        <source>&amp;Use as chat model</source>
        <translation>作为对话模型使用(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation>复制(&amp;C)</translation>
    </message>
    <message>
        <source>Select &amp;all</source>
        <translation>全选(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Settings panel</source>
        <translation>设置面板(&amp;S)</translation>
    </message>
    <message>
        <source>Settin&amp;gs…</source>
        <translation>设置(&amp;G)…</translation>
    </message>
    <message>
        <source>All m&amp;odels</source>
        <translation>全部模型(&amp;O)</translation>
    </message>
    <message>
        <source>Con&amp;versations at the left</source>
        <translation>左侧对话列表(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Larger</source>
        <translation>放大(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Smaller</source>
        <translation>缩小(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Usual size</source>
        <translation>默认大小(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>键盘快捷键(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;System</source>
        <translation>跟随系统(&amp;S)</translation>
    </message>
    <message>
        <source>As the &amp;system</source>
        <translation>跟随系统(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>浅色(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>深色(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Find models on this computer…</source>
        <translation>在这台电脑上查找模型(&amp;F)…</translation>
    </message>
    <message>
        <source>&amp;Import a model folder…</source>
        <translation>导入模型文件夹(&amp;I)…</translation>
    </message>
    <message>
        <source>&amp;How to get a model…</source>
        <translation>如何获取模型(&amp;H)…</translation>
    </message>
    <message>
        <source>&amp;Add an adapter…</source>
        <translation>添加适配器(&amp;A)…</translation>
    </message>
    <message>
        <source>&amp;Verify this model</source>
        <translation>校验此模型(&amp;V)</translation>
    </message>
    <message>
        <source>Model &amp;licence</source>
        <translation>模型许可协议(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Serve other programs…</source>
        <translation>向其他程序提供服务(&amp;S)…</translation>
    </message>
    <message>
        <source>First steps…</source>
        <translation>初次使用…</translation>
    </message>
    <message>
        <source>&amp;About Baichuan Desktop</source>
        <translation>关于 Baichuan Desktop(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Jobs</source>
        <translation>任务(&amp;J)</translation>
    </message>
</context>
<context>
    <name>MessageDialog</name>
    <message>
        <source>Copy details</source>
        <extracomment>the buttons of what was offered, in order</extracomment>
        <translation>复制详情</translation>
    </message>
    <message>
        <source>Looking for what fits this machine…</source>
        <translation>正在查找适合本机的方案…</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>More in docs/troubleshooting.md under “{topic}”</source>
        <translation>更多说明见 docs/troubleshooting.md 中的“{topic}”</translation>
    </message>
    <message>
        <source>Problems besides this one: {count}. Copy the details to read them.</source>
        <translation>除此之外还有 {count} 个问题，复制详情即可查看。</translation>
    </message>
    <message>
        <source>The details are in {file}</source>
        <translation>详细信息在 {file}</translation>
    </message>
    <message>
        <source>Baichuan Desktop met an error of its own.</source>
        <translation>Baichuan Desktop 自身出现了错误。</translation>
    </message>
    <message>
        <source>You can go on. If something does not work, start it again.</source>
        <translation>您可以继续使用；如果有功能不正常，请重新启动程序。</translation>
    </message>
    <message>
        <source>Model: {name} · {path}</source>
        <extracomment>the one that is open</extracomment>
        <translation>模型：{name} · {path}</translation>
    </message>
</context>
<context>
    <name>MethodChoice</name>
    <message>
        <source>This model is stored in 4 bits: an adapter can be trained on it, by QLoRA.</source>
        <translation>此模型以 4 位存储：可通过 QLoRA 在其上训练适配器。</translation>
    </message>
    <message>
        <source>This model is stored in 8 bits, or in another form that cannot be trained. Choose the model that it was made of.</source>
        <translation>此模型以 8 位或其他无法训练的形式存储。请选择生成它的原模型。</translation>
    </message>
</context>
<context>
    <name>ModelFolders</name>
    <message>
        <source>Add a folder…</source>
        <extracomment>Shows a folder in the system&apos;s file manager.</extracomment>
        <translation>添加文件夹…</translation>
    </message>
    <message>
        <source>New models are copied into this folder.</source>
        <translation>新模型会复制到这个文件夹。</translation>
    </message>
    <message>
        <source>Use for new models</source>
        <translation>用于新模型</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Take from the list</source>
        <translation>从列表中移除</translation>
    </message>
    <message>
        <source>Move models…</source>
        <translation>移动模型…</translation>
    </message>
    <message>
        <source>Choose a folder for models</source>
        <translation>选择存放模型的文件夹</translation>
    </message>
</context>
<context>
    <name>ModelPicker</name>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Precision: {name}</source>
        <translation>精度：{name}</translation>
    </message>
    <message>
        <source>What the others need and how fast they are</source>
        <translation>其他精度的内存需求与速度</translation>
    </message>
    <message>
        <source>Where they lie, what is known of them, and the released ones</source>
        <translation>所在位置、详细信息，以及已发布的模型</translation>
    </message>
    <message>
        <source>All models…</source>
        <translation>全部模型…</translation>
    </message>
    <message>
        <source>Open a model folder…</source>
        <translation>打开模型文件夹…</translation>
    </message>
    <message>
        <source>The name that is shown here; nothing of its folder changes</source>
        <translation>这里显示的名称；模型文件夹不变</translation>
    </message>
    <message>
        <source>Rename a model…</source>
        <translation>重命名模型…</translation>
    </message>
    <message>
        <source>Adapter: {name}</source>
        <translation>适配器：{name}</translation>
    </message>
    <message>
        <source>A Baichuan checkpoint on this machine</source>
        <translation>选择本机上的百川模型</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <extracomment>what is listed under models</extracomment>
        <translation>请选择模型</translation>
    </message>
    <message>
        <source>Without an adapter</source>
        <extracomment>the InstalledModel that it is, or whose adapter it is the second line of an entry that is no model of a model whose folder is not here: the sentence of an adapter: the OfferedAdapter of an adapter: whether its model is loaded</extracomment>
        <translation>不使用适配器</translation>
    </message>
    <message>
        <source>Adapter “{name}” for {model}</source>
        <translation>适配器“{name}”，用于 {model}</translation>
    </message>
    <message>
        <source>{entry}: on</source>
        <translation>{entry}：已启用</translation>
    </message>
</context>
<context>
    <name>ModelTexts</name>
    <message>
        <source>Chat model</source>
        <translation>对话模型</translation>
    </message>
    <message>
        <source>Base model</source>
        <translation>基座模型</translation>
    </message>
    <message>
        <source>{count} tokens of context</source>
        <translation>上下文 {count} 个词元</translation>
    </message>
</context>
<context>
    <name>MovingDialog</name>
    <message>
        <source>Your data is moved to another folder</source>
        <translation>正在把您的数据移动到另一个文件夹</translation>
    </message>
    <message>
        <source>Looking at what there is…</source>
        <translation>正在查看有哪些内容…</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Leave it where it is</source>
        <translation>留在原处</translation>
    </message>
    <message>
        <source>{done} of {total} are copied and compared.</source>
        <translation>已复制并核对 {done}，共 {total}。</translation>
    </message>
</context>
<context>
    <name>NumberField</name>
    <message>
        <source>{name}: write a number such as 1e-4, or 0.</source>
        <translation>{name}：请填写数字，例如 1e-4 或 0。</translation>
    </message>
    <message>
        <source>{name}: write a number above 0, such as 2e-5.</source>
        <translation>{name}：请填写大于 0 的数字，例如 2e-5。</translation>
    </message>
</context>
<context>
    <name>OfferBar</name>
    <message>
        <source>Close this remark</source>
        <translation>关闭此提示</translation>
    </message>
</context>
<context>
    <name>OptionsForm</name>
    <message>
        <source>Port</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>any free one</source>
        <translation>任一空闲端口</translation>
    </message>
    <message>
        <source>Programs of this computer need the key too</source>
        <translation>本机程序也须提供密钥</translation>
    </message>
    <message>
        <source>Computers in the network may ask, with the key</source>
        <translation>允许局域网内的其他电脑凭密钥访问</translation>
    </message>
    <message>
        <source>Nothing is encrypted: who listens in the network can read the key and what is asked and answered. With a certificate, serve from a terminal:</source>
        <translation>通信未加密：在网络中窃听的人能读到密钥以及提问和回答的内容。如有证书，请在终端中启动服务：</translation>
    </message>
</context>
<context>
    <name>OwnData</name>
    <message>
        <source>Create…</source>
        <translation>创建…</translation>
    </message>
    <message>
        <source>Restore…</source>
        <translation>恢复…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>OwnDataWork</name>
    <message>
        <source>“{name}”: {percent} %</source>
        <translation>“{name}”：{percent} %</translation>
    </message>
    <message>
        <source>Everything in one file</source>
        <translation>全部内容存为一个文件</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>备份</translation>
    </message>
    <message>
        <source>Restore everything</source>
        <translation>恢复全部内容</translation>
    </message>
    <message>
        <source>Cancelled. Everything is as it was.</source>
        <translation>已取消。一切保持原样。</translation>
    </message>
    <message>
        <source>“{name}” was written and read again ({what}, {size}). It is not encrypted: keep it where only you can read it.</source>
        <translation>“{name}”已写入并重新读取核对（{what}，{size}）。该文件未加密，请放在只有您能读取的地方。</translation>
    </message>
    <message>
        <source>“{name}” is whole. It was made on {time} ({what}).</source>
        <translation>“{name}”完好无损，生成于 {time}（{what}）。</translation>
    </message>
    <message>
        <source>conversations: {count}</source>
        <translation>对话 {count} 个</translation>
    </message>
    <message>
        <source>messages: {count}</source>
        <translation>消息 {count} 条</translation>
    </message>
    <message>
        <source>presets: {count}</source>
        <translation>预设 {count} 个</translation>
    </message>
    <message>
        <source>models: {count}</source>
        <translation>模型 {count} 个</translation>
    </message>
    <message>
        <source>adapters: {count}</source>
        <translation>适配器 {count} 个</translation>
    </message>
    <message>
        <source>accepted licences: {count}</source>
        <translation>已接受的许可证 {count} 份</translation>
    </message>
    <message>
        <source>settings: {count}</source>
        <translation>设置 {count} 项</translation>
    </message>
    <message>
        <source>Added to what was here: {what}.</source>
        <translation>已补充到现有内容中：{what}。</translation>
    </message>
    <message>
        <source>Everything of it was here already.</source>
        <translation>其中的内容这里都已有。</translation>
    </message>
    <message>
        <source>Nothing was added.</source>
        <translation>没有补充任何内容。</translation>
    </message>
</context>
<context>
    <name>PlacesPage</name>
    <message>
        <source>Choose a folder to look through</source>
        <translation>选择要查找的文件夹</translation>
    </message>
    <message>
        <source>Looking which of the usual places there are…</source>
        <translation>正在查看有哪些常用位置…</translation>
    </message>
    <message>
        <source>None of the usual places is on this computer, and no drive is connected. Add the folder in which your models lie.</source>
        <translation>这台电脑上没有任何常用位置，也没有连接驱动器。请添加存放模型的文件夹。</translation>
    </message>
    <message>
        <source>Find models on this computer</source>
        <translation>在这台电脑上查找模型</translation>
    </message>
    <message>
        <source>The app looks for Baichuan models in these places. It only reads: nothing is changed, and nothing leaves this computer.</source>
        <translation>本程序在以下位置查找百川模型。只读取：不更改任何内容，数据也不会离开这台电脑。</translation>
    </message>
    <message>
        <source>Places</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>添加文件夹…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Look for models</source>
        <translation>开始查找</translation>
    </message>
</context>
<context>
    <name>PlainJobDialog</name>
    <message>
        <source>Begin</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>PrecisionMenu</name>
    <message>
        <source>Precision</source>
        <extracomment>Between words, or within one that is longer than the line.</extracomment>
        <translation>精度</translation>
    </message>
    <message>
        <source>Precision: {name}</source>
        <translation>精度：{name}</translation>
    </message>
    <message>
        <source>Looking at this machine…</source>
        <translation>正在查看本机…</translation>
    </message>
    <message>
        <source>Takes the best that fits: {name}</source>
        <translation>选用放得下的最佳精度：{name}</translation>
    </message>
    <message>
        <source>Takes the best that fits</source>
        <translation>选用放得下的最佳精度</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Now {count} tokens, which need less memory</source>
        <translation>现在是 {count} 个词元，所需内存较少</translation>
    </message>
    <message>
        <source>Full context: {count} tokens</source>
        <translation>完整上下文：{count} 个词元</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>使用中</translation>
    </message>
</context>
<context>
    <name>PrecisionTexts</name>
    <message>
        <source>fits</source>
        <translation>放得下</translation>
    </message>
    <message>
        <source>tight</source>
        <translation>勉强放下</translation>
    </message>
    <message>
        <source>does not fit</source>
        <translation>放不下</translation>
    </message>
    <message>
        <source>not available</source>
        <translation>不可用</translation>
    </message>
    <message>
        <source>the automatic choice</source>
        <translation>自动选择的精度</translation>
    </message>
    <message>
        <source>last {speed}</source>
        <translation>上次 {speed}</translation>
    </message>
    <message>
        <source>slow on a processor</source>
        <translation>在处理器上较慢</translation>
    </message>
    <message>
        <source>{share} of next tokens as in {reference}</source>
        <translation>{share} 的下一个词元与 {reference} 相同</translation>
    </message>
    <message>
        <source>published: {points} points less on C-Eval, MMLU and CMMLU on average</source>
        <translation>官方数据：C-Eval、MMLU 和 CMMLU 平均低 {points} 分</translation>
    </message>
    <message>
        <source>embedding in the machine&apos;s memory</source>
        <translation>嵌入层放在内存里</translation>
    </message>
    <message>
        <source>8-bit head</source>
        <translation>8 位输出层</translation>
    </message>
    <message>
        <source>context of {count} tokens</source>
        <translation>上下文 {count} 个词元</translation>
    </message>
</context>
<context>
    <name>PresetButton</name>
    <message>
        <source>Preset: {name}</source>
        <translation>预设：{name}</translation>
    </message>
    <message>
        <source>What the message is asked with: {name}</source>
        <translation>发送消息时使用：{name}</translation>
    </message>
</context>
<context>
    <name>PresetEditor</name>
    <message>
        <source>Fields over the message: {names}</source>
        <translation>消息上方的输入栏：{names}</translation>
    </message>
    <message>
        <source>{variable} is missing: what you write follows below.</source>
        <translation>没有 {variable}：您写的内容会接在后面。</translation>
    </message>
    <message>
        <source>{text} stands for what you write, {other} for a field of its own, and {default} for one that says English where you write nothing.</source>
        <translation>{text} 代表您写的内容，{other} 会成为单独的输入栏，{default} 在您不填时取 English。</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>System prompt of the preset</source>
        <translation>预设的系统提示词</translation>
    </message>
    <message>
        <source>Message of the preset</source>
        <translation>预设的消息</translation>
    </message>
    <message>
        <source>What the model is told before the conversation. Empty: yours stays.</source>
        <translation>对话开始前告诉模型的内容。留空则保留您自己的。</translation>
    </message>
    <message>
        <source>Empty: the message is sent as you write it.</source>
        <translation>留空则按您写的原样发送。</translation>
    </message>
    <message>
        <source>This preset is a part of the app. Duplicate it to change the copy.</source>
        <translation>这是程序自带的预设。可以复制一份再修改。</translation>
    </message>
</context>
<context>
    <name>PresetFiles</name>
    <message>
        <source>Presets (*.json);;All files (*)</source>
        <translation>预设 (*.json);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Import presets</source>
        <translation>导入预设</translation>
    </message>
    <message>
        <source>Export a preset</source>
        <translation>导出预设</translation>
    </message>
    <message>
        <source>Nothing new was in it.</source>
        <translation>其中没有新的预设。</translation>
    </message>
    <message>
        <source>Added: {names}.</source>
        <translation>已添加：{names}。</translation>
    </message>
    <message>
        <source>Here already: {names}.</source>
        <translation>已经存在：{names}。</translation>
    </message>
    <message>
        <source>Written: {file}</source>
        <translation>已写入：{file}</translation>
    </message>
</context>
<context>
    <name>PresetMenu</name>
    <message>
        <source>Search presets</source>
        <extracomment>no preset new conversations with the model begin so, or not any more what is set now, as a new preset</extracomment>
        <translation>搜索预设</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>No preset</source>
        <translation>无预设</translation>
    </message>
    <message>
        <source>The message as it is written</source>
        <translation>消息按原样发送</translation>
    </message>
    <message>
        <source>No preset has these words.</source>
        <translation>没有预设包含这些文字。</translation>
    </message>
    <message>
        <source>Begin new chats with {name} like this</source>
        <translation>与 {name} 的新对话默认如此</translation>
    </message>
    <message>
        <source>Save what is set now as a preset…</source>
        <translation>把当前设置存为预设…</translation>
    </message>
    <message>
        <source>Manage presets…</source>
        <translation>管理预设…</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>使用中</translation>
    </message>
</context>
<context>
    <name>Presets</name>
    <message>
        <source>No preset</source>
        <translation>无预设</translation>
    </message>
    <message>
        <source>Sampling only</source>
        <translation>仅采样设置</translation>
    </message>
    <message>
        <source>Changes nothing yet</source>
        <translation>尚未设置任何内容</translation>
    </message>
</context>
<context>
    <name>PresetsDialog</name>
    <message>
        <source>Search presets</source>
        <translation>搜索预设</translation>
    </message>
    <message>
        <source>{name} (of the app)</source>
        <translation>{name}（自带）</translation>
    </message>
    <message>
        <source>A preset needs a name; it is still called “{name}”.</source>
        <translation>预设需要名称；目前仍叫“{name}”。</translation>
    </message>
    <message>
        <source>New preset</source>
        <translation>新预设</translation>
    </message>
    <message>
        <source>“{name}” is deleted.</source>
        <translation>已删除“{name}”。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>New</source>
        <translation>新建</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>复制一份</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>导入…</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>PreviewPanel</name>
    <message>
        <source>First examples as tokens</source>
        <translation>前几个样本的词元</translation>
    </message>
    <message>
        <source>{number} of {count}</source>
        <translation>{number} / {count}</translation>
    </message>
    <message>
        <source>Example before</source>
        <translation>上一个样本</translation>
    </message>
    <message>
        <source>Next example</source>
        <translation>下一个样本</translation>
    </message>
    <message>
        <source>is trained</source>
        <translation>参与训练</translation>
    </message>
    <message>
        <source>is only read</source>
        <translation>仅读入</translation>
    </message>
    <message>
        <source>Reading the data…</source>
        <translation>正在读取数据…</translation>
    </message>
    <message>
        <source>Add files to see what is trained of them.</source>
        <translation>添加文件后，可在此查看哪些内容参与训练。</translation>
    </message>
    <message>
        <source>{count} examples, {trained} of {tokens} tokens trained.</source>
        <translation>{count} 个样本，{tokens} 个词元中有 {trained} 个参与训练。</translation>
    </message>
    <message>
        <source>{count} more are held back for evaluation.</source>
        <translation>另有 {count} 个样本留作评估。</translation>
    </message>
    <message>
        <source>Of {count} that are too long, {tokens} tokens are cut off at the end.</source>
        <translation>{count} 个样本过长，末尾共截去 {tokens} 个词元。</translation>
    </message>
    <message>
        <source>None is cut.</source>
        <translation>没有样本被截断。</translation>
    </message>
</context>
<context>
    <name>PrintDialog</name>
    <message>
        <source>Print</source>
        <translation>打印</translation>
    </message>
    <message>
        <source>Printing the conversation</source>
        <translation>正在打印对话</translation>
    </message>
    <message>
        <source>The printer {name} takes nothing now.</source>
        <translation>打印机 {name} 目前无法接收任务。</translation>
    </message>
</context>
<context>
    <name>PromptDialog</name>
    <message>
        <source>Exact prompt</source>
        <translation>实际提示词</translation>
    </message>
    <message>
        <source>Id</source>
        <translation>ID</translation>
    </message>
    <message>
        <source>Piece</source>
        <translation>词条</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>Number</source>
        <translation>序号</translation>
    </message>
    <message>
        <source>Parts of the prompt</source>
        <translation>提示词的各部分</translation>
    </message>
    <message>
        <source>Ids and pieces</source>
        <translation>ID 与词条</translation>
    </message>
    <message>
        <source>Copy ids and pieces</source>
        <translation>复制 ID 与词条</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>{count} of {length} tokens, exactly as the model gets them</source>
        <translation>{count} / {length} 个词元，与模型收到的完全一致</translation>
    </message>
    <message>
        <source>There is no prompt to show</source>
        <translation>没有可显示的提示词</translation>
    </message>
    <message>
        <source>The prompt is shown as soon as the engine is free…</source>
        <translation>引擎空闲后即显示提示词…</translation>
    </message>
    <message>
        <source>While a model is loaded or an answer is written, it comes when that has ended.</source>
        <translation>正在加载模型或生成回答时，会在其结束后显示。</translation>
    </message>
    <message>
        <source>This is what is sent with the message in the field.</source>
        <translation>这是发送输入框中的消息时送入模型的内容。</translation>
    </message>
    <message>
        <source>This is the prompt of the last question, with the settings of now.</source>
        <translation>这是最后一个问题的提示词，按当前设置生成。</translation>
    </message>
    <message>
        <source>{count} older messages do not fit and are not in it.</source>
        <translation>有 {count} 条较早的消息放不下，未包含在内。</translation>
    </message>
    <message>
        <source>Find a text, a piece or an id</source>
        <translation>查找文本、词条或 ID</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>未找到</translation>
    </message>
    <message>
        <source>{number} of {count}</source>
        <translation>第 {number} 处，共 {count} 处</translation>
    </message>
</context>
<context>
    <name>QualityView</name>
    <message>
        <source>Compare quality</source>
        <translation>比较质量</translation>
    </message>
    <message>
        <source>Quality of the precisions: {name}</source>
        <translation>各精度的质量：{name}</translation>
    </message>
    <message>
        <source>Each ticked precision reads the text, and is compared with the best one that fits: how often both take the same next token, and how far their probabilities are apart.</source>
        <translation>勾选的精度会逐一读取文本，并与放得下的最佳精度比较：两者选取相同下一个词元的比例，以及概率相差多少。</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>reads the text…</source>
        <translation>正在读取文本…</translation>
    </message>
    <message>
        <source>could not be compared</source>
        <translation>未能比较</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>Same next token</source>
        <translation>下一个词元相同</translation>
    </message>
    <message>
        <source>KL divergence</source>
        <translation>KL 散度</translation>
    </message>
    <message>
        <source>Perplexity</source>
        <translation>困惑度</translation>
    </message>
    <message>
        <source>Compared with</source>
        <translation>比较对象</translation>
    </message>
    <message>
        <source>the same next token as {reference} {share} of the time, KL divergence {divergence}, perplexity {perplexity}</source>
        <translation>{share} 的下一个词元与 {reference} 相同，KL 散度 {divergence}，困惑度 {perplexity}</translation>
    </message>
    <message>
        <source>the others are compared with it</source>
        <translation>其他精度与它比较</translation>
    </message>
    <message>
        <source>not compared yet</source>
        <translation>尚未比较</translation>
    </message>
    <message>
        <source>the sample that ships with the app</source>
        <translation>程序自带的示例文本</translation>
    </message>
    <message>
        <source>Scored on {count} tokens of {text}.</source>
        <translation>依据{text}中的 {count} 个词元评分。</translation>
    </message>
    <message>
        <source>There is more text than that.</source>
        <translation>文本不止于此。</translation>
    </message>
</context>
<context>
    <name>Question</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>Remarks</name>
    <message>
        <source>The engine has said nothing for {seconds} s</source>
        <translation>引擎已有 {seconds} 秒没有响应</translation>
    </message>
    <message>
        <source>The background job has said nothing for {seconds} s</source>
        <translation>后台任务已有 {seconds} 秒没有响应</translation>
    </message>
    <message>
        <source>The engine has said nothing for {seconds} s to the program that asked it</source>
        <translation>引擎已有 {seconds} 秒没有响应其他程序的请求</translation>
    </message>
    <message>
        <source>Close this remark</source>
        <translation>关闭此提示</translation>
    </message>
</context>
<context>
    <name>Remedies</name>
    <message>
        <source>Use the processor</source>
        <translation>改用处理器</translation>
    </message>
    <message>
        <source>Let the app choose the precision</source>
        <translation>由程序选择精度</translation>
    </message>
    <message>
        <source>Export the model with the adapter in it</source>
        <translation>导出合并了适配器的模型</translation>
    </message>
    <message>
        <source>Use the export without the adapter</source>
        <translation>使用导出模型，不用适配器</translation>
    </message>
    <message>
        <source>Use {name} ({size})</source>
        <translation>改用 {name}（{size}）</translation>
    </message>
    <message>
        <source>Use a shorter context of {count} tokens</source>
        <translation>改用 {count} 个词元的较短上下文</translation>
    </message>
</context>
<context>
    <name>RemovalDialog</name>
    <message>
        <source>Remove a model</source>
        <extracomment>while it is asked</extracomment>
        <translation>移除模型</translation>
    </message>
    <message>
        <source>Remove “{name}”?</source>
        <translation>移除“{name}”？</translation>
    </message>
    <message>
        <source>Move to the trash</source>
        <translation>移到回收站</translation>
    </message>
    <message>
        <source>Take from the list</source>
        <translation>从列表中移除</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
</context>
<context>
    <name>RenameDialog</name>
    <message>
        <source>Rename a model</source>
        <translation>重命名模型</translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation>模型(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>名称(&amp;N)</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Rename an adapter</source>
        <translation>重命名适配器</translation>
    </message>
    <message>
        <source>&amp;Adapter</source>
        <translation>适配器(&amp;A)</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>RestoreQuestion</name>
    <message>
        <source>Restore everything?</source>
        <translation>恢复全部内容？</translation>
    </message>
    <message>
        <source>What is missing here is added. Nothing that is here is overwritten or deleted.</source>
        <translation>只补上这里缺少的内容，不会覆盖或删除现有的任何内容。</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Take its settings also where others were chosen here</source>
        <translation>即使这里另有选择，也采用其中的设置</translation>
    </message>
</context>
<context>
    <name>Restoring</name>
    <message>
        <source>Restore from a backup</source>
        <translation>从备份恢复</translation>
    </message>
    <message>
        <source>Backups of conversations</source>
        <translation>对话备份</translation>
    </message>
</context>
<context>
    <name>ResultFields</name>
    <message>
        <source>Choose where the result shall lie</source>
        <translation>选择结果存放的位置</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>新文件夹</translation>
    </message>
    <message>
        <source>Name of the result</source>
        <translation>结果的名称</translation>
    </message>
    <message>
        <source>New folder of the result</source>
        <translation>结果的新文件夹</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
</context>
<context>
    <name>ResultsPage</name>
    <message>
        <source>Looking for models… Found so far: {count}</source>
        <translation>正在查找模型… 已找到 {count} 个</translation>
    </message>
    <message>
        <source>Models found: {count}</source>
        <translation>找到 {count} 个模型</translation>
    </message>
    <message>
        <source>No model was found</source>
        <translation>没有找到模型</translation>
    </message>
    <message>
        <source>Add {count} to the library…</source>
        <translation>将 {count} 个添加到模型库…</translation>
    </message>
    <message>
        <source>Add to the library…</source>
        <translation>添加到模型库…</translation>
    </message>
    <message>
        <source>Places that could not be looked into: {count}</source>
        <translation>有 {count} 处无法查看</translation>
    </message>
    <message>
        <source>{count} entries looked at · {folder}</source>
        <translation>已查看 {count} 项 · {folder}</translation>
    </message>
    <message>
        <source>{count} entries looked at</source>
        <translation>已查看 {count} 项</translation>
    </message>
    <message>
        <source>Looking</source>
        <translation>正在查找</translation>
    </message>
    <message>
        <source>Models found</source>
        <translation>找到的模型</translation>
    </message>
    <message>
        <source>A model is a folder with config.json, a tokenizer and weights. Look in another folder, or see under “How to get a model” which files belong together.</source>
        <translation>模型是一个含有 config.json、分词器和权重的文件夹。请到其他文件夹查找，或在“如何获取模型”中查看应有哪些文件。</translation>
    </message>
    <message>
        <source>Look elsewhere</source>
        <translation>到别处查找</translation>
    </message>
    <message>
        <source>Stop looking</source>
        <translation>停止查找</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>RetryMenu</name>
    <message>
        <source>More exact</source>
        <translation>更严谨</translation>
    </message>
    <message>
        <source>More varied</source>
        <translation>更多样</translation>
    </message>
    <message>
        <source>As set in the settings panel</source>
        <translation>按设置面板中的参数</translation>
    </message>
    <message>
        <source>greedy</source>
        <translation>贪心解码</translation>
    </message>
    <message>
        <source>temperature {temperature}, top-p {top_p}</source>
        <translation>温度 {temperature}，top-p {top_p}</translation>
    </message>
</context>
<context>
    <name>RowActions</name>
    <message>
        <source>Copy</source>
        <extracomment>Those of the transcript itself, which are there for every message. Those with a button of their own, as far as they are offered. Those in the menu behind the last button; deleting stands apart.</extracomment>
        <translation>复制</translation>
    </message>
    <message>
        <source>Answer again</source>
        <translation>重新回答</translation>
    </message>
    <message>
        <source>Answer again with other settings…</source>
        <translation>换一组设置重新回答…</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>编辑</translation>
    </message>
    <message>
        <source>Continue this answer</source>
        <translation>继续这个回答</translation>
    </message>
    <message>
        <source>Quote</source>
        <translation>引用</translation>
    </message>
    <message>
        <source>Same question to another model…</source>
        <translation>用其他模型回答同一问题…</translation>
    </message>
    <message>
        <source>Duplicate the chat up to here</source>
        <translation>复制到此处为止的对话</translation>
    </message>
    <message>
        <source>Plain text</source>
        <translation>纯文本</translation>
    </message>
    <message>
        <source>Delete this version</source>
        <translation>删除此版本</translation>
    </message>
    <message>
        <source>Choose what to leave out…</source>
        <translation>选择不送入的消息…</translation>
    </message>
    <message>
        <source>Delete question and answers</source>
        <translation>删除提问和回答</translation>
    </message>
</context>
<context>
    <name>RowCommands</name>
    <message>
        <source>New folder</source>
        <translation>新建文件夹</translation>
    </message>
</context>
<context>
    <name>RowEditor</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>This can be taken when the answer on its way has ended.</source>
        <translation>正在进行的回答结束后才能提交此修改。</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>The answers to the old question stay as another version.</source>
        <translation>原提问的回答会作为另一个版本保留。</translation>
    </message>
    <message>
        <source>Edit the question</source>
        <translation>编辑提问</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>The old text stays as another version.</source>
        <translation>原文本会作为另一个版本保留。</translation>
    </message>
    <message>
        <source>Edit the text</source>
        <translation>编辑文本</translation>
    </message>
    <message>
        <source>The old answer stays as another version.</source>
        <translation>原回答会作为另一个版本保留。</translation>
    </message>
    <message>
        <source>Edit the answer</source>
        <translation>编辑回答</translation>
    </message>
</context>
<context>
    <name>RowMenu</name>
    <message>
        <source>Copy the selection</source>
        <translation>复制所选内容</translation>
    </message>
    <message>
        <source>Quote the selection</source>
        <translation>引用所选内容</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
    <message>
        <source>Open a link</source>
        <translation>打开链接</translation>
    </message>
</context>
<context>
    <name>RowPainter</name>
    <message>
        <source>Name of the folder</source>
        <extracomment>a folder that what is dragged would go into degrees by which the ring has turned</extracomment>
        <translation>文件夹名称</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>标题</translation>
    </message>
</context>
<context>
    <name>RunningPage</name>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>You can go on chatting meanwhile; it may be slower.</source>
        <translation>其间可以继续对话，速度可能会慢一些。</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>隐藏</translation>
    </message>
</context>
<context>
    <name>RunningView</name>
    <message>
        <source>In the network</source>
        <translation>局域网地址</translation>
    </message>
    <message>
        <source>Copy the address in the network</source>
        <translation>复制局域网地址</translation>
    </message>
    <message>
        <source>In a browser</source>
        <translation>浏览器</translation>
    </message>
    <message>
        <source>Copy the address of the page</source>
        <translation>复制网页地址</translation>
    </message>
    <message>
        <source>For programs</source>
        <translation>程序接口</translation>
    </message>
    <message>
        <source>Copy the address for programs</source>
        <translation>复制程序接口地址</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Copy the name of the model</source>
        <translation>复制模型名称</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Open the page in a browser</source>
        <translation>在浏览器中打开网页</translation>
    </message>
    <message>
        <source>Other computers may ask, with the key, and nothing is encrypted.</source>
        <translation>其他电脑可凭密钥访问，通信未加密。</translation>
    </message>
    <message>
        <source>Programs of this computer need the key only for prompts given as token ids.</source>
        <translation>本机程序仅在以词元 ID 传入提示词时才需要密钥。</translation>
    </message>
</context>
<context>
    <name>SamplingForm</name>
    <message>
        <source>An answer ends at: {texts}</source>
        <extracomment>the texts that end an answer, where there are some</extracomment>
        <translation>遇到以下停止序列时结束回答：{texts}</translation>
    </message>
    <message>
        <source>Set by this preset.</source>
        <translation>由此预设设定。</translation>
    </message>
    <message>
        <source>The model asks for {value}; the preset “{name}” for {preset}.</source>
        <translation>模型的默认值是 {value}，预设“{name}”的值是 {preset}。</translation>
    </message>
    <message>
        <source>The model asks for {value}.</source>
        <translation>模型的默认值是 {value}。</translation>
    </message>
    <message>
        <source>Leave it as the model asks for</source>
        <translation>保持模型的默认值</translation>
    </message>
    <message>
        <source>Back to {value}</source>
        <translation>恢复为 {value}</translation>
    </message>
    <message>
        <source>random</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>greedy</source>
        <translation>贪心解码</translation>
    </message>
    <message>
        <source>not greedy</source>
        <translation>非贪心解码</translation>
    </message>
    <message>
        <source>Greedy</source>
        <translation>贪心</translation>
    </message>
    <message>
        <source>Always takes the most likely token. The same question, the same answer.</source>
        <translation>总是选取可能性最大的词元：同样的问题，得到同样的回答。</translation>
    </message>
    <message>
        <source>{name}, slider</source>
        <translation>{name}（滑块）</translation>
    </message>
    <message>
        <source>Reset: {name}</source>
        <translation>重置：{name}</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>重置</translation>
    </message>
    <message>
        <source>Nothing is set by this preset any more.</source>
        <translation>此预设不再设定任何采样参数。</translation>
    </message>
    <message>
        <source>Sets the sampling that the model&apos;s makers recommend, or the preset asks for.</source>
        <translation>恢复模型发布方推荐的采样参数，或预设的参数。</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Low is matter-of-fact, high is inventive. 0 is the same as greedy.</source>
        <translation>低则平实，高则富于变化；0 与贪心相同。</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Chooses among this many of the most likely tokens. 0 is all of them.</source>
        <translation>只在可能性最大的这么多个词元中选取；0 表示不限制。</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Leaves out unlikely tokens beyond this share. 1 leaves out none.</source>
        <translation>只保留累计概率达到此值的词元；1 表示全部保留。</translation>
    </message>
    <message>
        <source>Repetition penalty</source>
        <translation>重复惩罚</translation>
    </message>
    <message>
        <source>Makes words that were there already less likely. 1 is none.</source>
        <translation>降低已出现词语再次出现的可能性；1 表示不惩罚。</translation>
    </message>
    <message>
        <source>Max new tokens</source>
        <translation>最多生成</translation>
    </message>
    <message>
        <source>An answer ends after this many tokens at the latest.</source>
        <translation>一次回答最多生成这么多个词元。</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>The same number gives the same answer again. Empty is random.</source>
        <translation>填入相同的数字，会得到相同的回答；留空则为随机。</translation>
    </message>
</context>
<context>
    <name>SearchField</name>
    <message>
        <source>Clear the search</source>
        <translation>清除搜索</translation>
    </message>
</context>
<context>
    <name>SendingDocuments</name>
    <message>
        <source>Your message is sent as soon as “{name}” is read.</source>
        <translation>读完“{name}”后立即发送您的消息。</translation>
    </message>
    <message>
        <source>Your message is sent as soon as a model is loaded: how much of the documents fits depends on it.</source>
        <translation>加载模型后立即发送您的消息：能放下多少文档内容取决于模型。</translation>
    </message>
    <message>
        <source>Your message is sent as soon as the tokens of the documents are counted.</source>
        <translation>数完文档的词元后立即发送您的消息。</translation>
    </message>
</context>
<context>
    <name>ServeDialog</name>
    <message>
        <source>Starting…</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Serve other programs</source>
        <translation>向其他程序提供服务</translation>
    </message>
    <message>
        <source>Let other programs and browsers ask this model</source>
        <translation>让其他程序和浏览器使用此模型</translation>
    </message>
    <message>
        <source>Programs that speak OpenAI&apos;s API, and browsers, get answers of the model in this window. Their requests and your messages are answered in the order in which they come.</source>
        <translation>兼容 OpenAI 接口的程序以及浏览器可以使用本窗口的模型。它们的请求与您的消息按先后顺序依次回答。</translation>
    </message>
    <message>
        <source>Requests</source>
        <translation>请求记录</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>Serving</name>
    <message>
        <source>1 connection</source>
        <translation>1 个连接</translation>
    </message>
    <message>
        <source>{count} connections</source>
        <translation>{count} 个连接</translation>
    </message>
    <message>
        <source>1 request waits</source>
        <translation>1 个请求在排队</translation>
    </message>
    <message>
        <source>{count} requests wait</source>
        <translation>{count} 个请求在排队</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Answering</source>
        <translation>正在回答</translation>
    </message>
    <message>
        <source>Loading the model: {percent} %</source>
        <translation>正在加载模型：{percent} %</translation>
    </message>
    <message>
        <source>Loading the model</source>
        <translation>正在加载模型</translation>
    </message>
    <message>
        <source>The model is not in memory; the next request loads it</source>
        <translation>模型不在内存中；下一个请求会加载它</translation>
    </message>
    <message>
        <source>No model is loaded; requests are refused</source>
        <translation>没有加载模型；请求会被拒绝</translation>
    </message>
    <message>
        <source>{seconds} s</source>
        <translation>{seconds} 秒</translation>
    </message>
    <message>
        <source>{prompt} + {new} tokens</source>
        <translation>{prompt} + {new} 词元</translation>
    </message>
    <message>
        <source>waited {seconds} s</source>
        <translation>排队 {seconds} 秒</translation>
    </message>
    <message>
        <source>the client left</source>
        <translation>客户端已断开</translation>
    </message>
    <message>
        <source>the server was stopped</source>
        <translation>服务器已停止</translation>
    </message>
    <message>
        <source>an error of the server&apos;s own</source>
        <translation>服务器自身出错</translation>
    </message>
</context>
<context>
    <name>SettingRow</name>
    <message>
        <source>Reset “{name}”</source>
        <translation>重置“{name}”</translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Of the window. What models write is theirs.</source>
        <translation>界面的语言。模型用什么语言回答由模型决定。</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Light or dark, or as the system is.</source>
        <translation>浅色或深色，或跟随系统。</translation>
    </message>
    <message>
        <source>Size of everything</source>
        <translation>整体大小</translation>
    </message>
    <message>
        <source>Letters, buttons and spaces of the whole window.</source>
        <translation>整个窗口的文字、按钮和间距。</translation>
    </message>
    <message>
        <source>Size of messages</source>
        <translation>消息文字大小</translation>
    </message>
    <message>
        <source>The text that you write and read, before the size above.</source>
        <translation>您书写和阅读的文字的大小，再乘以上面的整体大小。</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent}%</translation>
    </message>
    <message>
        <source>{count} pixels</source>
        <translation>{count} 像素</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>数据文件夹</translation>
    </message>
    <message>
        <source>Your conversations with their documents and backups, your presets, and what is known of your models. Imported models stay where they are: they have folders of their own.</source>
        <translation>您的对话及其文档和备份、您的预设，以及关于您的模型的记录。导入的模型留在原处：它们有自己的文件夹。</translation>
    </message>
    <message>
        <source>Model folders</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>Models that you import are copied into the first of these. Models that are linked lie where they are.</source>
        <translation>导入的模型会复制到其中的第一个文件夹。链接的模型留在原处。</translation>
    </message>
    <message>
        <source>What lies where</source>
        <translation>存储位置</translation>
    </message>
    <message>
        <source>Conversations lie unencrypted on this disk: whoever can read your files can read them. The encryption of the disk, which the system offers, protects them.</source>
        <translation>对话未加密地存放在这块磁盘上：能读取您文件的人就能读到它们。请使用系统提供的磁盘加密来保护它们。</translation>
    </message>
    <message>
        <source>Keep conversations</source>
        <translation>对话保留时间</translation>
    </message>
    <message>
        <source>What was not changed for so long is deleted for good, also from the automatic backups: pinned conversations and the trash too.</source>
        <translation>超过这段时间没有改动的对话会被永久删除，自动备份中的也会删除，置顶的对话和回收站里的也不例外。</translation>
    </message>
    <message>
        <source>Automatic backups</source>
        <translation>自动备份</translation>
    </message>
    <message>
        <source>A copy of all conversations is made by itself, if something is new and the last copy is this old.</source>
        <translation>如果有新内容，并且上一份备份已经过了这么久，就自动备份全部对话。</translation>
    </message>
    <message>
        <source>Backups that are kept</source>
        <translation>保留的备份数</translation>
    </message>
    <message>
        <source>Older ones are deleted when a new one is made.</source>
        <translation>生成新备份时删除更早的备份。</translation>
    </message>
    <message>
        <source>Backups of conversations</source>
        <translation>对话的备份</translation>
    </message>
    <message>
        <source>Restoring one adds what is missing here. Nothing is overwritten.</source>
        <translation>恢复时只补上这里缺少的内容，不会覆盖任何内容。</translation>
    </message>
    <message>
        <source>For ever</source>
        <translation>永久</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>{count} days</source>
        <translation>{count} 天</translation>
    </message>
    <message>
        <source>Every hour</source>
        <translation>每小时</translation>
    </message>
    <message>
        <source>Every day</source>
        <translation>每天</translation>
    </message>
    <message>
        <source>Every {count} hours</source>
        <translation>每 {count} 小时</translation>
    </message>
    <message>
        <source>Every {count} days</source>
        <translation>每 {count} 天</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>For models for which you have not chosen one. Automatic is the best that fits this machine. It holds from the next load on.</source>
        <translation>用于您没有单独选择精度的模型。“自动”选择这台电脑放得下的最佳精度。从下次加载起生效。</translation>
    </message>
    <message>
        <source>Context length</source>
        <translation>上下文长度</translation>
    </message>
    <message>
        <source>How many tokens a model has for a conversation and its answer. A shorter one takes less memory. It holds from the next load on.</source>
        <translation>模型用于对话与回答的词元数。越短占用的内存越少。从下次加载起生效。</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>How many threads of the processor compute an answer. It holds from the next load on.</source>
        <translation>用多少个处理器线程计算回答。从下次加载起生效。</translation>
    </message>
    <message>
        <source>Free the memory when idle</source>
        <translation>空闲时释放内存</translation>
    </message>
    <message>
        <source>The model leaves the memory after so long without an answer. Your next message loads it again, and the conversation stays as it is.</source>
        <translation>这么久没有生成回答后，模型会从内存中卸载。您的下一条消息会重新加载它，对话保持不变。</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>从不</translation>
    </message>
    <message>
        <source>{count} tokens</source>
        <translation>{count} 个词元</translation>
    </message>
    <message>
        <source>After an hour</source>
        <translation>1 小时后</translation>
    </message>
    <message>
        <source>After {count} hours</source>
        <translation>{count} 小时后</translation>
    </message>
    <message>
        <source>After {count} minutes</source>
        <translation>{count} 分钟后</translation>
    </message>
    <message>
        <source>Everything in one file</source>
        <translation>全部内容存为一个文件</translation>
    </message>
    <message>
        <source>Conversations with their documents, presets, the list of your models and adapters, accepted licences and settings. The file is not encrypted. Restoring adds what is missing here; nothing is overwritten.</source>
        <translation>对话及其文档、预设、模型和适配器列表、已接受的许可证以及设置。该文件不加密。恢复时只补上这里缺少的内容，不会覆盖任何内容。</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Search settings</source>
        <translation>搜索设置</translation>
    </message>
    <message>
        <source>Reset all settings?</source>
        <translation>重置所有设置？</translation>
    </message>
    <message>
        <source>Models and conversations stay as they are, and where they are.</source>
        <translation>模型和对话保持不变，位置也不变。</translation>
    </message>
    <message>
        <source>Reset all</source>
        <translation>全部重置</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Look and language</source>
        <translation>外观与语言</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Conversations and backups</source>
        <translation>对话与备份</translation>
    </message>
    <message>
        <source>Folders and data</source>
        <translation>文件夹与数据</translation>
    </message>
    <message>
        <source>Sections</source>
        <translation>分类</translation>
    </message>
    <message>
        <source>No setting is called so, nor says so.</source>
        <translation>没有符合的设置。</translation>
    </message>
    <message>
        <source>Reset all…</source>
        <translation>全部重置…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>SettingsForm</name>
    <message>
        <source>Epochs</source>
        <translation>轮数</translation>
    </message>
    <message>
        <source>How often all examples are learnt.</source>
        <translation>全部样本学习的遍数。</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>How far a step goes; too far, and the loss runs out of bounds.</source>
        <translation>每一步的幅度；过大则损失会发散。</translation>
    </message>
    <message>
        <source>Longest example</source>
        <translation>最大样本长度</translation>
    </message>
    <message>
        <source>In tokens; what is longer is cut at its end.</source>
        <translation>以词元计；超出部分从末尾截去。</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>批大小</translation>
    </message>
    <message>
        <source>Examples that are computed at once; fewer take less memory.</source>
        <translation>同时计算的样本数；越少占用内存越小。</translation>
    </message>
    <message>
        <source>Accumulation</source>
        <translation>梯度累积</translation>
    </message>
    <message>
        <source>Gradients of so many batches are added up before each step.</source>
        <translation>每一步之前累加这么多批的梯度。</translation>
    </message>
    <message>
        <source>Held back</source>
        <translation>评估占比</translation>
    </message>
    <message>
        <source>Share of the examples that is only evaluated, not learnt.</source>
        <translation>只用于评估、不参与学习的样本比例。</translation>
    </message>
    <message>
        <source>Rank</source>
        <translation>秩</translation>
    </message>
    <message>
        <source>Size of the adapter; a larger one learns more, and takes more.</source>
        <translation>适配器的大小；越大能学得越多，占用也越多。</translation>
    </message>
    <message>
        <source>Alpha</source>
        <translation>Alpha</translation>
    </message>
    <message>
        <source>How strongly the adapter counts: alpha divided by rank.</source>
        <translation>适配器的强度：alpha 除以秩。</translation>
    </message>
    <message>
        <source>Dropout</source>
        <translation>Dropout</translation>
    </message>
    <message>
        <source>Share of the adapter&apos;s inputs that is left out at random.</source>
        <translation>随机舍去的适配器输入比例。</translation>
    </message>
    <message>
        <source>Trains</source>
        <translation>训练的矩阵</translation>
    </message>
    <message>
        <source>Which matrices get an adapter.</source>
        <translation>哪些矩阵带有适配器。</translation>
    </message>
    <message>
        <source>What is learnt</source>
        <translation>学习内容</translation>
    </message>
    <message>
        <source>As published, the end of an answer is learnt where a later question begins; as chat models are prompted, right after the answer.</source>
        <translation>按官方代码，回答的结束在下一个问题开始处学习；按对话提示格式，则紧接回答之后学习。</translation>
    </message>
    <message>
        <source>Rows of the files</source>
        <translation>文件格式</translation>
    </message>
    <message>
        <source>Learning rate over time</source>
        <translation>学习率变化</translation>
    </message>
    <message>
        <source>Warm-up</source>
        <translation>预热</translation>
    </message>
    <message>
        <source>Share of the steps in which the learning rate rises from 0.</source>
        <translation>学习率从 0 上升所用步数的比例。</translation>
    </message>
    <message>
        <source>Weight decay</source>
        <translation>权重衰减</translation>
    </message>
    <message>
        <source>Largest gradient</source>
        <translation>梯度裁剪</translation>
    </message>
    <message>
        <source>Norm to which gradients are shortened; 0: they are not.</source>
        <translation>梯度缩短到的范数；0 表示不裁剪。</translation>
    </message>
    <message>
        <source>AdamW beta 1</source>
        <translation>AdamW beta 1</translation>
    </message>
    <message>
        <source>AdamW beta 2</source>
        <translation>AdamW beta 2</translation>
    </message>
    <message>
        <source>AdamW epsilon</source>
        <translation>AdamW epsilon</translation>
    </message>
    <message>
        <source>Most steps</source>
        <translation>最多步数</translation>
    </message>
    <message>
        <source>In place of epochs.</source>
        <translation>代替轮数。</translation>
    </message>
    <message>
        <source>by epochs</source>
        <translation>按轮数</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Batch of evaluation</source>
        <translation>评估批大小</translation>
    </message>
    <message>
        <source>Evaluates</source>
        <translation>评估时机</translation>
    </message>
    <message>
        <source>Steps between evaluations</source>
        <translation>评估间隔步数</translation>
    </message>
    <message>
        <source>Keeps checkpoints</source>
        <translation>保存检查点</translation>
    </message>
    <message>
        <source>From a checkpoint a training goes on after a stop or a crash.</source>
        <translation>停止或崩溃后，可从检查点继续微调。</translation>
    </message>
    <message>
        <source>Steps between checkpoints</source>
        <translation>检查点间隔步数</translation>
    </message>
    <message>
        <source>Checkpoints that are kept</source>
        <translation>保留的检查点数</translation>
    </message>
    <message>
        <source>Computes in</source>
        <translation>计算精度</translation>
    </message>
    <message>
        <source>Computes on</source>
        <translation>计算设备</translation>
    </message>
    <message>
        <source>Compute layers twice</source>
        <translation>重新计算各层</translation>
    </message>
    <message>
        <source>Takes less memory and more time (gradient checkpointing).</source>
        <translation>占用内存更少、耗时更长（梯度检查点）。</translation>
    </message>
    <message>
        <source>Take the best</source>
        <translation>取最佳结果</translation>
    </message>
    <message>
        <source>The result is the checkpoint with the least loss of evaluation.</source>
        <translation>结果取评估损失最低的检查点。</translation>
    </message>
    <message>
        <source>More settings</source>
        <translation>更多设置</translation>
    </message>
</context>
<context>
    <name>SettingsOpening</name>
    <message>
        <source>“{name}” is in use: choose another model first, then move it.</source>
        <extracomment>while it is open</extracomment>
        <translation>“{name}”正在使用：请先换用其他模型，再移动它。</translation>
    </message>
    <message>
        <source>The app copied no model into this folder.</source>
        <translation>本程序没有向这个文件夹复制过模型。</translation>
    </message>
    <message>
        <source>Where shall these models lie?</source>
        <translation>这些模型放到哪里？</translation>
    </message>
</context>
<context>
    <name>SettingsPanel</name>
    <message>
        <source>As in “{name}”</source>
        <extracomment>brings back what the preset says</extracomment>
        <translation>恢复“{name}”的内容</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>For example: Answer briefly, in plain words.</source>
        <translation>例如：请用简洁易懂的话回答。</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>CPU 设置</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>What the model is told before the conversation: its role, its manner.</source>
        <translation>在对话之前告诉模型的话，例如它的角色和语气。</translation>
    </message>
    <message>
        <source>Brings back the system prompt that the preset sets.</source>
        <translation>恢复预设的系统提示词。</translation>
    </message>
    <message>
        <source>How many threads compute an answer. Automatic is one for each core; PyTorch takes fewer while other programs keep the processor busy. The model is loaded again, the conversation stays.</source>
        <translation>用多少个线程计算回答。“自动”为每个核心一个；其他程序占用 CPU 时，PyTorch 会减少线程。更改后会重新加载模型，对话保留。</translation>
    </message>
</context>
<context>
    <name>ShortcutSheet</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
</context>
<context>
    <name>Shortcuts</name>
    <message>
        <source>Conversations</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>阅读</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>Begin a new chat</source>
        <extracomment>as QKeySequence reads them; the first is shown in the language of the window</extracomment>
        <translation>新建对话</translation>
    </message>
    <message>
        <source>Begin a temporary chat, which is never written to the disk</source>
        <translation>新建临时对话（从不写入磁盘）</translation>
    </message>
    <message>
        <source>Search all conversations</source>
        <translation>搜索全部对话</translation>
    </message>
    <message>
        <source>Rename the conversation</source>
        <translation>重命名对话</translation>
    </message>
    <message>
        <source>Export conversations to files</source>
        <translation>将对话导出为文件</translation>
    </message>
    <message>
        <source>Print the conversation</source>
        <translation>打印对话</translation>
    </message>
    <message>
        <source>Send the message</source>
        <translation>发送消息</translation>
    </message>
    <message>
        <source>Begin a new line in the message</source>
        <translation>在消息中换行</translation>
    </message>
    <message>
        <source>Edit your last question, from an empty field</source>
        <translation>编辑上一个问题（输入框为空时）</translation>
    </message>
    <message>
        <source>Attach documents to the message</source>
        <translation>为消息附加文档</translation>
    </message>
    <message>
        <source>Take back what was written, or messages that were just deleted</source>
        <translation>撤销输入，或找回刚删除的消息</translation>
    </message>
    <message>
        <source>Choose a preset for the message</source>
        <translation>为消息选择预设</translation>
    </message>
    <message>
        <source>Close what is open over the conversation, else stop the answer</source>
        <translation>关闭对话上方打开的内容，否则停止回答</translation>
    </message>
    <message>
        <source>Copy the last answer</source>
        <translation>复制最后一个回答</translation>
    </message>
    <message>
        <source>Show the exact prompt, token by token</source>
        <translation>逐个词元显示实际提示词</translation>
    </message>
    <message>
        <source>Find in the conversation</source>
        <translation>在对话中查找</translation>
    </message>
    <message>
        <source>Copy what is selected</source>
        <translation>复制所选内容</translation>
    </message>
    <message>
        <source>Select the whole text</source>
        <translation>全选文本</translation>
    </message>
    <message>
        <source>Open a model folder</source>
        <translation>打开模型文件夹</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>Show or hide the list of conversations</source>
        <translation>显示或隐藏对话列表</translation>
    </message>
    <message>
        <source>Open the settings</source>
        <translation>打开设置</translation>
    </message>
    <message>
        <source>Show or hide the settings of the conversation at the right</source>
        <translation>显示或隐藏右侧的对话设置</translation>
    </message>
    <message>
        <source>Show or hide the jobs</source>
        <translation>显示或隐藏任务</translation>
    </message>
    <message>
        <source>Show or hide all models</source>
        <translation>显示或隐藏全部模型</translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation>放大文字</translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation>缩小文字</translation>
    </message>
    <message>
        <source>Text of the usual size</source>
        <translation>恢复文字大小</translation>
    </message>
    <message>
        <source>Open the menu of all commands</source>
        <translation>打开包含所有命令的菜单</translation>
    </message>
    <message>
        <source>Show this list</source>
        <translation>显示此列表</translation>
    </message>
    <message>
        <source>Close the window</source>
        <translation>关闭窗口</translation>
    </message>
</context>
<context>
    <name>Side</name>
    <message>
        <source>Stopped before an answer began</source>
        <extracomment>as far as it has come; None: nothing came</extracomment>
        <translation>在回答开始前已停止</translation>
    </message>
</context>
<context>
    <name>Sidebar</name>
    <message>
        <source>Search chats</source>
        <translation>搜索对话</translation>
    </message>
    <message>
        <source>Your conversations will be listed here.</source>
        <translation>您的对话会列在这里。</translation>
    </message>
    <message>
        <source>Nothing was found.</source>
        <translation>没有找到相关内容。</translation>
    </message>
    <message>
        <source>The trash is empty.</source>
        <translation>回收站是空的。</translation>
    </message>
    <message>
        <source>Deleted conversations</source>
        <translation>已删除的对话</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Sidebar</source>
        <translation>侧边栏</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Hide the sidebar</source>
        <translation>隐藏侧边栏</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>回收站</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Stays on this computer</source>
        <translation>数据只保存在本机</translation>
    </message>
</context>
<context>
    <name>SidebarRows</name>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>新建文件夹</translation>
    </message>
    <message>
        <source>{days} d</source>
        <translation>{days} 天</translation>
    </message>
    <message>
        <source>Draft</source>
        <translation>草稿</translation>
    </message>
    <message>
        <source>open</source>
        <translation>已打开</translation>
    </message>
    <message>
        <source>pinned</source>
        <translation>已置顶</translation>
    </message>
    <message>
        <source>temporary</source>
        <translation>临时对话</translation>
    </message>
    <message>
        <source>is being answered</source>
        <translation>正在回答</translation>
    </message>
    <message>
        <source>unread</source>
        <translation>未读</translation>
    </message>
    <message>
        <source>draft</source>
        <translation>有草稿</translation>
    </message>
    <message>
        <source>folder with 1 conversation</source>
        <translation>文件夹，含 1 个对话</translation>
    </message>
    <message>
        <source>folder with {count} conversations</source>
        <translation>文件夹，含 {count} 个对话</translation>
    </message>
    <message>
        <source>unfolded</source>
        <translation>已展开</translation>
    </message>
    <message>
        <source>folded</source>
        <translation>已折叠</translation>
    </message>
    <message>
        <source>is kept for {days} more days</source>
        <translation>还会保留 {days} 天</translation>
    </message>
    <message>
        <source>Temporary</source>
        <translation>临时</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>置顶</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>昨天</translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation>过去 7 天</translation>
    </message>
    <message>
        <source>Previous 30 days</source>
        <translation>过去 30 天</translation>
    </message>
    <message>
        <source>Only the first {count} hits</source>
        <translation>只显示前 {count} 条结果</translation>
    </message>
    <message>
        <source>MMMM yyyy</source>
        <comment>QLocale&apos;s form of a month</comment>
        <translation>yyyy年M月</translation>
    </message>
</context>
<context>
    <name>SilenceNotice</name>
    <message>
        <source>End it</source>
        <translation>结束引擎</translation>
    </message>
    <message>
        <source>End the engine; the text so far is kept</source>
        <translation>结束引擎；已有的文本会保留</translation>
    </message>
</context>
<context>
    <name>SpeedView</name>
    <message>
        <source>Measure speed</source>
        <translation>测量速度</translation>
    </message>
    <message>
        <source>Speed on this machine: {name}</source>
        <translation>本机速度：{name}</translation>
    </message>
    <message>
        <source>Each ticked precision is loaded and measured in a process of its own, one after the other. What else runs meanwhile, the chat too, makes it look slower.</source>
        <translation>勾选的精度会逐一在各自的进程中加载并测量。其间运行的其他程序（包括对话）会使结果偏慢。</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>测量</translation>
    </message>
    <message>
        <source>is being measured…</source>
        <translation>正在测量…</translation>
    </message>
    <message>
        <source>could not be measured</source>
        <translation>未能测量</translation>
    </message>
    <message>
        <source>Decoding</source>
        <translation>生成</translation>
    </message>
    <message>
        <source>Decoding after {count} tokens</source>
        <translation>已有 {count} 个词元时的生成速度</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>Reading the prompt</source>
        <translation>读取提示</translation>
    </message>
    <message>
        <source>Loading</source>
        <translation>加载</translation>
    </message>
    <message>
        <source>Peak memory</source>
        <translation>内存峰值</translation>
    </message>
    <message>
        <source>not measured yet</source>
        <translation>尚未测量</translation>
    </message>
    <message>
        <source>{decode} decoding, {prefill} reading the prompt, loaded in {load}, at most {memory}</source>
        <translation>生成 {decode}，读取提示 {prefill}，加载用时 {load}，内存峰值 {memory}</translation>
    </message>
    <message>
        <source>{count} s</source>
        <translation>{count} 秒</translation>
    </message>
    <message>
        <source>A token reads {size} GB: {percent} % of the bandwidth at which {device} reads.</source>
        <translation>每个词元读取 {size} GB，达到 {device} 读取带宽的 {percent}%。</translation>
    </message>
    <message>
        <source>{name}: other programs kept up to {cores} cores busy meanwhile.</source>
        <translation>{name}：其间其他程序最多占用了 {cores} 个核心。</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Reading the prompt: {done} of {total} tokens</source>
        <translation>正在读取提示：{done} / {total} 个词元</translation>
    </message>
</context>
<context>
    <name>StoppedPage</name>
    <message>
        <source>Stopped at step {step}</source>
        <translation>已在第 {step} 步停止</translation>
    </message>
    <message>
        <source>Ended at step {step}</source>
        <translation>已在第 {step} 步结束</translation>
    </message>
    <message>
        <source>The checkpoint of step {kept} is kept: the training can go on from there, now or after the app was closed.</source>
        <translation>已保留第 {kept} 步的检查点：现在或重新打开程序后，都可从那里继续。</translation>
    </message>
    <message>
        <source>No checkpoint was kept before that: it can only begin anew.</source>
        <translation>此前没有保留检查点，只能重新开始。</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Forget it…</source>
        <translation>放弃…</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>设置…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>TextPicker</name>
    <message>
        <source>Texts (*.txt *.md);;All files (*)</source>
        <translation>文本 (*.txt *.md);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Choose a text</source>
        <translation>选择文本</translation>
    </message>
    <message>
        <source>Choose a folder of texts</source>
        <translation>选择文本文件夹</translation>
    </message>
    <message>
        <source>the sample of the app</source>
        <translation>程序自带的示例</translation>
    </message>
    <message>
        <source>Text: {name}</source>
        <translation>文本：{name}</translation>
    </message>
    <message>
        <source>Another text</source>
        <translation>换用其他文本</translation>
    </message>
    <message>
        <source>The sample of the app</source>
        <translation>程序自带的示例</translation>
    </message>
    <message>
        <source>A text file…</source>
        <translation>文本文件…</translation>
    </message>
    <message>
        <source>A folder of text files…</source>
        <translation>文本文件夹…</translation>
    </message>
</context>
<context>
    <name>TokenView</name>
    <message>
        <source>Cut off: {text}.</source>
        <translation>已截去：{text}。</translation>
    </message>
    <message>
        <source>Trained: {text}.</source>
        <translation>参与训练：{text}。</translation>
    </message>
    <message>
        <source>Only read: {text}.</source>
        <translation>仅读入：{text}。</translation>
    </message>
    <message>
        <source>First examples as tokens</source>
        <translation>前几个样本的词元</translation>
    </message>
    <message>
        <source>Id {id}: cut off, not read</source>
        <translation>编号 {id}：已截去，不读入</translation>
    </message>
    <message>
        <source>Id {id}: “{learns}” is trained in its place</source>
        <translation>编号 {id}：此处改为训练“{learns}”</translation>
    </message>
    <message>
        <source>Id {id}: trained</source>
        <translation>编号 {id}：参与训练</translation>
    </message>
    <message>
        <source>Id {id}: only read</source>
        <translation>编号 {id}：仅读入</translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message>
        <source>Show conversations</source>
        <translation>显示对话列表</translation>
    </message>
    <message>
        <source>Find in the conversation</source>
        <translation>在对话中查找</translation>
    </message>
    <message>
        <source>Settings of the conversation</source>
        <translation>对话设置</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>菜单</translation>
    </message>
    <message>
        <source>Menu (F10)</source>
        <translation>菜单 (F10)</translation>
    </message>
    <message>
        <source>Show what runs in the background</source>
        <translation>显示后台正在进行的工作</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>State of the model</source>
        <translation>模型状态</translation>
    </message>
</context>
<context>
    <name>TrainedPage</name>
    <message>
        <source>“{folder}” could not be shown.</source>
        <translation>无法显示“{folder}”。</translation>
    </message>
    <message>
        <source>Save the curve</source>
        <translation>保存曲线</translation>
    </message>
    <message>
        <source>Pictures (*.png)</source>
        <translation>图片 (*.png)</translation>
    </message>
    <message>
        <source>The training is done</source>
        <translation>微调已完成</translation>
    </message>
    <message>
        <source>How it was made</source>
        <translation>生成信息</translation>
    </message>
    <message>
        <source>Save the curve…</source>
        <translation>保存曲线…</translation>
    </message>
    <message>
        <source>Show folder</source>
        <translation>显示文件夹</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>试用</translation>
    </message>
    <message>
        <source>Loss {begin} at the beginning, {end} after {steps} steps.</source>
        <translation>开始时损失 {begin}，{steps} 步后 {end}。</translation>
    </message>
    <message>
        <source>Loss of evaluation {loss}.</source>
        <translation>评估损失 {loss}。</translation>
    </message>
    <message>
        <source>These are the weights of step {step}, the best.</source>
        <translation>这是第 {step} 步（最佳）的权重。</translation>
    </message>
    <message>
        <source>{size} in {folder}</source>
        <translation>{size}，位于 {folder}</translation>
    </message>
</context>
<context>
    <name>TrainingDialog</name>
    <message>
        <source>Fine-tuning</source>
        <translation>微调</translation>
    </message>
</context>
<context>
    <name>TrainingNotice</name>
    <message>
        <source>The training of “{name}” was not finished: step {step} of {total} is kept.</source>
        <extracomment>while it is asked</extracomment>
        <translation>“{name}”的微调尚未完成：已保留第 {step} 步，共 {total} 步。</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Forget it…</source>
        <translation>放弃…</translation>
    </message>
</context>
<context>
    <name>TrainingPage</name>
    <message>
        <source>The training has not gone on for {seconds} s; it can be stopped.</source>
        <extracomment>of the newest checkpoint</extracomment>
        <translation>微调已有 {seconds} 秒没有进展，可以停止。</translation>
    </message>
    <message>
        <source>{name}: paused</source>
        <translation>{name}：已暂停</translation>
    </message>
    <message>
        <source>Fine-tuning: {name}</source>
        <translation>正在微调：{name}</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Loss of evaluation</source>
        <translation>评估损失</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>速度</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>隐藏</translation>
    </message>
    <message>
        <source>It goes on from step {step}, also after the app was closed.</source>
        <translation>将从第 {step} 步继续，关闭程序后也可以。</translation>
    </message>
    <message>
        <source>The checkpoint of step {step} is kept: after a stop or a crash it goes on from there. A pause keeps the step that it is at.</source>
        <translation>已保留第 {step} 步的检查点：停止或崩溃后从那里继续。暂停会保留当前步。</translation>
    </message>
    <message>
        <source>No checkpoint is kept yet: a stop now keeps nothing, a pause keeps the step that it is at.</source>
        <translation>尚未保留检查点：现在停止不会保留任何内容，暂停会保留当前步。</translation>
    </message>
    <message>
        <source>{examples} examples; {trained} of {all} parameters are trained ({share} %), in {compute} on {device}.</source>
        <translation>{examples} 个样本；训练 {all} 个参数中的 {trained} 个（{share}%），在 {device} 上以 {compute} 计算。</translation>
    </message>
</context>
<context>
    <name>TrainingTexts</name>
    <message>
        <source>LoRA</source>
        <translation>LoRA</translation>
    </message>
    <message>
        <source>QLoRA</source>
        <translation>QLoRA</translation>
    </message>
    <message>
        <source>Full</source>
        <translation>全量</translation>
    </message>
    <message>
        <source>a small adapter; the model stays as it is</source>
        <translation>小型适配器，模型保持不变</translation>
    </message>
    <message>
        <source>an adapter, on a model held in 4 bits</source>
        <translation>适配器，模型以 4 位载入内存</translation>
    </message>
    <message>
        <source>every weight; makes a whole new model</source>
        <translation>全部权重，生成一个完整的新模型</translation>
    </message>
    <message>
        <source>constant</source>
        <translation>恒定</translation>
    </message>
    <message>
        <source>constant after a warm-up</source>
        <translation>预热后恒定</translation>
    </message>
    <message>
        <source>falls in a line</source>
        <translation>线性下降</translation>
    </message>
    <message>
        <source>falls as a cosine</source>
        <translation>余弦下降</translation>
    </message>
    <message>
        <source>as published</source>
        <translation>与官方代码一致</translation>
    </message>
    <message>
        <source>as chat models are prompted</source>
        <translation>按对话提示格式</translation>
    </message>
    <message>
        <source>found out</source>
        <translation>自动识别</translation>
    </message>
    <message>
        <source>conversations</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>instructions (alpaca)</source>
        <translation>指令（alpaca）</translation>
    </message>
    <message>
        <source>exported by this app</source>
        <translation>由本程序导出</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>processor</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>never</source>
        <translation>从不</translation>
    </message>
    <message>
        <source>every so many steps</source>
        <translation>每隔若干步</translation>
    </message>
    <message>
        <source>after each epoch</source>
        <translation>每轮之后</translation>
    </message>
    <message>
        <source>W_pack (published)</source>
        <translation>W_pack（与官方一致）</translation>
    </message>
    <message>
        <source>all matrices of a layer</source>
        <translation>每层的全部矩阵</translation>
    </message>
    <message>
        <source>all matrices of a layer, and lm_head</source>
        <translation>每层的全部矩阵和 lm_head</translation>
    </message>
</context>
<context>
    <name>Transcript</name>
    <message>
        <source>{name} has answered.</source>
        <translation>{name} 已回答完毕。</translation>
    </message>
    <message>
        <source>The answer is complete.</source>
        <translation>回答已完成。</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>To the newest text</source>
        <translation>跳到最新内容</translation>
    </message>
</context>
<context>
    <name>TrashHead</name>
    <message>
        <source>Trash</source>
        <translation>回收站</translation>
    </message>
    <message>
        <source>Back to the conversations</source>
        <translation>返回对话列表</translation>
    </message>
    <message>
        <source>Empty</source>
        <translation>清空</translation>
    </message>
    <message>
        <source>Empty the trash</source>
        <translation>清空回收站</translation>
    </message>
    <message>
        <source>Kept for {days} days, then deleted for good.</source>
        <translation>保留 {days} 天，之后彻底删除。</translation>
    </message>
</context>
<context>
    <name>Trial</name>
    <message>
        <source>Waits</source>
        <extracomment>folder of the adapter that was trained the model that was trained; None where it is an adapter of what was trained before and after the training for which the last question was not answered None: nothing is loaded before it is known</extracomment>
        <translation>等待中</translation>
    </message>
</context>
<context>
    <name>TrialAnswers</name>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
</context>
<context>
    <name>TryDialog</name>
    <message>
        <source>The memory does not suffice for both: the model of the chat makes room, and comes back as it was when this is closed.</source>
        <translation>内存不足以同时容纳两者：对话的模型会让出内存，关闭此窗口后原样恢复。</translation>
    </message>
    <message>
        <source>Try “{name}”</source>
        <translation>试用“{name}”</translation>
    </message>
    <message>
        <source>Each question is asked to both for itself, and nothing of it is kept. What the chat is set to stays as it is.</source>
        <translation>每个问题单独向两者提出，问答都不会保存。对话的设置保持不变。</translation>
    </message>
    <message>
        <source>Before: {name}</source>
        <translation>微调前：{name}</translation>
    </message>
    <message>
        <source>After: {name}</source>
        <translation>微调后：{name}</translation>
    </message>
    <message>
        <source>A question for both</source>
        <translation>向两者提问</translation>
    </message>
    <message>
        <source>Ask both</source>
        <translation>同时提问</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>TurnCommands</name>
    <message>
        <source>Copy of {title}</source>
        <extracomment>Has an edit done later, once it is known what is given with it; whether it does.</extracomment>
        <translation>{title} 的副本</translation>
    </message>
</context>
<context>
    <name>UndoToast</name>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>“{name}” is in the trash.</source>
        <translation>“{name}”已移到回收站。</translation>
    </message>
    <message>
        <source>The folder “{name}” is deleted.</source>
        <translation>文件夹“{name}”已删除。</translation>
    </message>
    <message>
        <source>Undo: {what}</source>
        <translation>撤销：{what}</translation>
    </message>
</context>
<context>
    <name>UnfinishedNotice</name>
    <message>
        <source>“{name}” is copied, but not listed yet: the app ended before that.</source>
        <translation>“{name}”已复制完毕，但尚未列出：程序在此之前结束了。</translation>
    </message>
    <message>
        <source>The import of “{name}” was not finished: {done} of {total} are here.</source>
        <translation>“{name}”的导入没有完成：已有 {done}，共 {total}。</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Delete what is here</source>
        <translation>删除已复制的部分</translation>
    </message>
</context>
<context>
    <name>UnfinishedRow</name>
    <message>
        <source>Step {step} of {total} was kept at {time}, in {folder}</source>
        <translation>第 {step} 步（共 {total} 步）保留于 {time}，位于 {folder}</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Forget it…</source>
        <translation>放弃…</translation>
    </message>
</context>
<context>
    <name>UnfinishedSection</name>
    <message>
        <source>Trainings that can go on</source>
        <translation>可以继续的微调</translation>
    </message>
</context>
<context>
    <name>VariableFields</name>
    <message>
        <source>needed</source>
        <translation>必填</translation>
    </message>
</context>
<context>
    <name>VerdictPanel</name>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Memory that it takes</source>
        <translation>所需内存</translation>
    </message>
    <message>
        <source>This would fit:</source>
        <translation>以下方式可以容纳：</translation>
    </message>
    <message>
        <source>Looking at this machine…</source>
        <translation>正在检查本机…</translation>
    </message>
    <message>
        <source>On the drive: {result} for the result, up to {kept} for checkpoints.</source>
        <translation>磁盘占用：结果 {result}，检查点最多 {kept}。</translation>
    </message>
    <message>
        <source>How it is counted</source>
        <translation>计算明细</translation>
    </message>
</context>
<context>
    <name>WaysPage</name>
    <message>
        <source>Choose a folder for models</source>
        <extracomment>Plans one import; raises UserFacingError. It reads the disk.</extracomment>
        <translation>选择存放模型的文件夹</translation>
    </message>
    <message>
        <source>{folder} · {size} free</source>
        <translation>{folder} · 可用 {size}</translation>
    </message>
    <message>
        <source>Looking at the models and the drive…</source>
        <translation>正在查看模型和驱动器…</translation>
    </message>
    <message>
        <source>Takes {needed} of the {free} that are free there.</source>
        <translation>需要 {needed}，该处可用 {free}。</translation>
    </message>
    <message>
        <source>Takes no further room: on one drive a model is only renamed.</source>
        <translation>不占用更多空间：在同一驱动器上只需改名。</translation>
    </message>
    <message>
        <source>The same weights are here already, as “{name}”: they are not written again.</source>
        <translation>相同的权重已在这里，即“{name}”：不会再次写入。</translation>
    </message>
    <message>
        <source>The same weights are here already, as “{name}”.</source>
        <translation>相同的权重已在这里，即“{name}”。</translation>
    </message>
    <message>
        <source>It may be the same as “{name}”: that is compared before anything else.</source>
        <translation>它可能与“{name}”相同：会先进行比对。</translation>
    </message>
    <message>
        <source>An earlier import was not finished: {size} are here, and are kept.</source>
        <translation>先前的导入没有完成：已有 {size}，将保留。</translation>
    </message>
    <message>
        <source>What is no part of the model is left out: {count}, such as “{name}”.</source>
        <translation>不属于模型的 {count} 项不会导入，例如“{name}”。</translation>
    </message>
    <message>
        <source>Together they take {needed}, and {free} are free there. Choose another folder, or fewer models.</source>
        <translation>它们共需 {needed}，而该处可用 {free}。请选择其他文件夹，或减少模型。</translation>
    </message>
    <message>
        <source>{name}: {sentence}</source>
        <translation>{name}：{sentence}</translation>
    </message>
    <message>
        <source>Add “{name}” to the library</source>
        <translation>将“{name}”添加到模型库</translation>
    </message>
    <message>
        <source>Add {count} models to the library</source>
        <translation>将 {count} 个模型添加到模型库</translation>
    </message>
    <message>
        <source>&amp;List where it lies</source>
        <translation>在原处列出(&amp;L)</translation>
    </message>
    <message>
        <source>Nothing is copied or changed. Removing it later only forgets it. A drive must be connected when the model is used.</source>
        <translation>不复制也不更改任何内容。以后移除时只是不再列出。使用此模型时须连接其所在的驱动器。</translation>
    </message>
    <message>
        <source>List</source>
        <translation>列出</translation>
    </message>
    <message>
        <source>&amp;Copy into a model folder</source>
        <translation>复制到模型文件夹(&amp;C)</translation>
    </message>
    <message>
        <source>The source stays as it is; the copy belongs to the app.</source>
        <translation>来源保持不变；副本由本程序管理。</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>&amp;Move into a model folder</source>
        <translation>移动到模型文件夹(&amp;M)</translation>
    </message>
    <message>
        <source>The source is gone once the copy is whole and verified. Other programs that use it there find it no more.</source>
        <translation>副本完整并通过核对后，来源会被删除。在原处使用它的其他程序将找不到它。</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>移动</translation>
    </message>
    <message>
        <source>Model &amp;folder</source>
        <translation>模型文件夹(&amp;F)</translation>
    </message>
    <message>
        <source>Model folder</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>Other folder…</source>
        <translation>其他文件夹…</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Welcome</source>
        <translation>欢迎</translation>
    </message>
    <message>
        <source>Choose a model at the top, or open a model folder.</source>
        <translation>请在上方选择模型，或打开模型文件夹。</translation>
    </message>
    <message>
        <source>How can I help you with this app?</source>
        <translation>关于这个程序，有什么可以帮您？</translation>
    </message>
    <message>
        <source>This is the guide that ships with the app: a small model that answers questions about Baichuan Desktop. It is not a general assistant. Open a Baichuan model folder to chat about anything.</source>
        <translation>这是随程序附带的内置助手：一个回答 Baichuan Desktop 使用问题的小模型，不是通用助手。想聊别的话题，请打开一个百川模型文件夹。</translation>
    </message>
    <message>
        <source>This is a base model: it continues the text you write and does not chat. Write the beginning of a text, such as one of these:</source>
        <translation>这是基座模型：它会续写您的文字，不会对话。请写出一段文字的开头，例如：</translation>
    </message>
    <message>
        <source>This is a base model that you use as a chat model. It answers well only if it was fine-tuned on conversations. “Use as chat model” in the menu, under Model, takes this back.</source>
        <translation>这是您用作对话模型的基座模型。只有经过对话微调，它才能回答得好。要取消，请在菜单的“模型”中点击“用作对话模型”。</translation>
    </message>
    <message>
        <source>What shall we work on?</source>
        <translation>今天想做什么？</translation>
    </message>
    <message>
        <source>{name} runs on this computer. Nothing you write leaves it.</source>
        <translation>{name}运行在这台电脑上，您写的内容不会离开它。</translation>
    </message>
    <message>
        <source>It was fine-tuned on conversations: use as chat model</source>
        <translation>它用对话数据微调过：作为对话模型使用</translation>
    </message>
    <message>
        <source>How do I open a model folder?</source>
        <extracomment>at once; else the text is a beginning in the field</extracomment>
        <translation>怎么打开模型文件夹？</translation>
    </message>
    <message>
        <source>Does it work offline?</source>
        <translation>能离线使用吗？</translation>
    </message>
    <message>
        <source>How much memory does a 7B model need?</source>
        <translation>7B 模型需要多少内存？</translation>
    </message>
    <message>
        <source>How do I stop an answer?</source>
        <translation>怎么停止回答？</translation>
    </message>
    <message>
        <source>登鹳雀楼-&gt;王之涣
夜雨寄北-&gt;</source>
        <comment>a poem&apos;s title and its poet; keep it</comment>
        <translation>登鹳雀楼-&gt;王之涣
夜雨寄北-&gt;</translation>
    </message>
</context>
<context>
    <name>WelcomeCards</name>
    <message>
        <source>Summarise a text</source>
        <translation>总结一段文字</translation>
    </message>
    <message>
        <source>Paste it, and say how long it may be</source>
        <translation>粘贴进来，说明篇幅要求</translation>
    </message>
    <message>
        <source>Summarise the following text in five sentences:</source>
        <translation>请用五句话总结下面的文字：</translation>
    </message>
    <message>
        <source>Translate</source>
        <translation>翻译</translation>
    </message>
    <message>
        <source>Chinese and English, keeps the tone</source>
        <translation>中英互译，保持语气</translation>
    </message>
    <message>
        <source>Translate the following text into Chinese, and keep its tone:</source>
        <translation>请把下面的文字翻译成英文，并保持原文的语气：</translation>
    </message>
    <message>
        <source>Explain or review code</source>
        <translation>解释或审查代码</translation>
    </message>
    <message>
        <source>Paste it, and ask about what is unclear</source>
        <translation>粘贴进来，问不清楚的地方</translation>
    </message>
    <message>
        <source>Explain what this code does, and what could go wrong with it:</source>
        <translation>请解释这段代码的作用，以及可能出现的问题：</translation>
    </message>
    <message>
        <source>Draft a mail</source>
        <translation>起草邮件</translation>
    </message>
    <message>
        <source>Say to whom, and what must be in it</source>
        <translation>说明写给谁、必须写什么</translation>
    </message>
    <message>
        <source>Draft a short and polite mail to my supplier. It must say:</source>
        <translation>请给我的供应商起草一封简短、礼貌的邮件，必须写明：</translation>
    </message>
    <message>
        <source>Complete a pair</source>
        <translation>补全配对</translation>
    </message>
    <message>
        <source>A poem and its poet, then only a poem</source>
        <translation>先给一首诗和作者，再只给一首诗</translation>
    </message>
    <message>
        <source>Go on with a dictionary</source>
        <translation>续写词典</translation>
    </message>
    <message>
        <source>Two words and their translations, then a third</source>
        <translation>两个词及其译文，再给第三个词</translation>
    </message>
    <message>
        <source>Tell a story on</source>
        <translation>续写故事</translation>
    </message>
    <message>
        <source>A first sentence that breaks off</source>
        <translation>一句没有写完的开头</translation>
    </message>
    <message>
        <source>On the last evening of the year, the old clockmaker</source>
        <translation>一年的最后一个晚上，老钟表匠</translation>
    </message>
    <message>
        <source>Fill a list</source>
        <translation>续写清单</translation>
    </message>
    <message>
        <source>A heading, and the first number</source>
        <translation>一个标题和第一个编号</translation>
    </message>
    <message>
        <source>Five ways to save water at home:</source>
        <translation>在家节约用水的五个办法：</translation>
    </message>
</context>
<context>
    <name>WhatLiesWhere</name>
    <message>
        <source>Open the data folder</source>
        <translation>打开数据文件夹</translation>
    </message>
    <message>
        <source>Open the logs</source>
        <translation>打开日志文件夹</translation>
    </message>
    <message>
        <source>Conversations and documents</source>
        <translation>对话与文档</translation>
    </message>
    <message>
        <source>Automatic backups</source>
        <translation>自动备份</translation>
    </message>
    <message>
        <source>Imported models</source>
        <translation>导入的模型</translation>
    </message>
    <message>
        <source>Settings and the list of your models</source>
        <translation>设置与模型列表</translation>
    </message>
    <message>
        <source>Logs, without what was said</source>
        <translation>日志（不含对话内容）</translation>
    </message>
    <message>
        <source>{name}: {path}</source>
        <translation>{name}：{path}</translation>
    </message>
</context>
<context>
    <name>WindowAdapters</name>
    <message>
        <source>The adapter “{name}” is listed under {model}</source>
        <translation>适配器“{name}”已列在 {model} 下</translation>
    </message>
</context>
<context>
    <name>WindowJobs</name>
    <message>
        <source>The copy “{name}” is listed</source>
        <translation>副本“{name}”已加入列表</translation>
    </message>
    <message>
        <source>The export “{name}” is a precision of its model</source>
        <translation>导出“{name}”现在是该模型的一种精度</translation>
    </message>
</context>
<context>
    <name>WindowPresets</name>
    <message>
        <source>New preset</source>
        <extracomment>while it is open</extracomment>
        <translation>新预设</translation>
    </message>
    <message>
        <source>The preset&apos;s system prompt took the place of yours.</source>
        <translation>预设的系统提示词已替换您原来的内容。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
</context>
<context>
    <name>WindowServing</name>
    <message>
        <source>Serving at port {port}</source>
        <extracomment>while it is open</extracomment>
        <translation>服务中：端口 {port}</translation>
    </message>
</context>
<context>
    <name>WindowStatus</name>
    <message>
        <source>Loading the model: {percent} %</source>
        <extracomment>what goes on; empty when nothing does remarks that stay until a person closes them that the model&apos;s device has</extracomment>
        <translation>正在加载模型：{percent}%</translation>
    </message>
    <message>
        <source>No model is loaded. Choose one at the top.</source>
        <translation>没有加载模型，请在上方选择一个。</translation>
    </message>
    <message>
        <source>The model makes room while precisions are measured</source>
        <translation>模型暂时让出内存，以便测量各精度</translation>
    </message>
    <message>
        <source>The model left the memory after {minutes} minutes without an answer; your next message loads it again</source>
        <translation>{minutes} 分钟没有生成回答，模型已从内存中卸载；您的下一条消息会重新加载它</translation>
    </message>
    <message>
        <source>Reading the prompt…</source>
        <translation>正在读取提示…</translation>
    </message>
    <message>
        <source>Waiting for a request of another program</source>
        <translation>正在等待其他程序的一个请求</translation>
    </message>
    <message>
        <source>Waiting for {count} requests of other programs</source>
        <translation>正在等待其他程序的 {count} 个请求</translation>
    </message>
    <message>
        <source>Answering…</source>
        <translation>正在回答…</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>“{name}” could not be loaded: {what}</source>
        <translation>无法加载“{name}”：{what}</translation>
    </message>
    <message>
        <source>Your choices cannot be kept: {reason}</source>
        <translation>您的选择无法保存：{reason}</translation>
    </message>
    <message>
        <source>Nothing of the backup was missing here</source>
        <translation>备份中的内容此处都已有</translation>
    </message>
    <message>
        <source>Added from the backup: {messages} messages, in {conversations} conversations</source>
        <translation>已从备份补回 {messages} 条消息，涉及 {conversations} 个对话</translation>
    </message>
    <message>
        <source>Precision: {name}</source>
        <translation>精度：{name}</translation>
    </message>
    <message>
        <source>{needed} of {memory}</source>
        <translation>占用 {needed}，共 {memory}</translation>
    </message>
    <message>
        <source>The memory that the model takes, of what its device has.</source>
        <translation>模型占用的内存，以及其所在设备的内存总量。</translation>
    </message>
    <message>
        <source>{count} of {most} threads: other programs keep the processor busy</source>
        <translation>使用 {most} 个线程中的 {count} 个：其他程序正在占用 CPU</translation>
    </message>
    <message>
        <source>1 thread</source>
        <translation>1 个线程</translation>
    </message>
    <message>
        <source>{count} threads</source>
        <translation>{count} 个线程</translation>
    </message>
</context>
<context>
    <name>_Backups</name>
    <message>
        <source>Back up now</source>
        <translation>立即备份</translation>
    </message>
    <message>
        <source>Restore…</source>
        <translation>恢复…</translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>There is none yet.</source>
        <translation>还没有备份。</translation>
    </message>
    <message>
        <source>The newest was made on {time}. {count} of them take {size}.</source>
        <translation>最新的备份生成于 {time}。共 {count} 份，占用 {size}。</translation>
    </message>
</context>
<context>
    <name>_Keeping</name>
    <message>
        <source>{count} conversations were not changed for {days} days. They are deleted for good, also from the automatic backups.</source>
        <translation>有 {count} 个对话已 {days} 天没有改动。它们会被永久删除，自动备份中的也会删除。</translation>
    </message>
    <message>
        <source>Delete old conversations?</source>
        <translation>删除旧对话？</translation>
    </message>
    <message>
        <source>To keep some of them, export them first.</source>
        <translation>如需保留，请先导出。</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>The administrator of this machine has them deleted after {days} days.</source>
        <translation>本机管理员规定 {days} 天后删除。</translation>
    </message>
</context>
<context>
    <name>_Sign</name>
    <message>
        <source>Drop documents here to ask about them</source>
        <extracomment>Of files that stand for the folder of a model or an adapter.</extracomment>
        <translation>将文档拖放到此处，即可就其提问</translation>
    </message>
    <message>
        <source>Drop a model&apos;s folder here to add it to the library</source>
        <translation>将模型文件夹拖放到这里，即可添加到模型库</translation>
    </message>
</context>
<context>
    <name>errors</name>
    <message>
        <source>A base model continues text and does not chat.</source>
        <translation>基座模型只续写文本，不进行对话。</translation>
    </message>
    <message>
        <source>A frame of {length} bytes on the pipe to the engine.</source>
        <translation>引擎管道上出现了一个 {length} 字节的数据帧。</translation>
    </message>
    <message>
        <source>A frame that is not understood: {data}.</source>
        <translation>无法理解的数据帧：{data}。</translation>
    </message>
    <message>
        <source>A stop text cannot be empty.</source>
        <translation>停止文本不能为空。</translation>
    </message>
    <message>
        <source>A system prompt can only stand first in a conversation.</source>
        <translation>系统提示词只能放在对话的最前面。</translation>
    </message>
    <message>
        <source>Choose a model first.</source>
        <translation>请先选择模型。</translation>
    </message>
    <message>
        <source>Choose one of these.</source>
        <translation>请从中选择一种。</translation>
    </message>
    <message>
        <source>Choose the folder that holds config.json, tokenizer.model and the weight files of one model, all copied completely.</source>
        <translation>请选择包含 config.json、tokenizer.model 和权重文件的模型文件夹，并确认所有文件都已完整复制。</translation>
    </message>
    <message>
        <source>Choose the precision “auto”.</source>
        <translation>请将精度设为“auto”。</translation>
    </message>
    <message>
        <source>Copy the model again from its source and compare the sizes of the files.</source>
        <translation>请从来源重新复制模型，并核对文件大小。</translation>
    </message>
    <message>
        <source>Copy tokenizer.model again from the model&apos;s source.</source>
        <translation>请从模型来源重新复制 tokenizer.model。</translation>
    </message>
    <message>
        <source>Correct the file at this place, or move it away, and start again.</source>
        <translation>请改正文件中的这一处，或将文件移走，然后重新启动。</translation>
    </message>
    <message>
        <source>Install the newer version of the app, or move the file away.</source>
        <translation>请安装较新版本的程序，或将该文件移走。</translation>
    </message>
    <message>
        <source>Make room on the drive, or make the folder writable, and try again.</source>
        <translation>请腾出磁盘空间，或使文件夹可写，然后重试。</translation>
    </message>
    <message>
        <source>No model is loaded.</source>
        <translation>没有加载模型。</translation>
    </message>
    <message>
        <source>Nothing of it was executed or opened. Get the model from its publisher; the published files do not contain this.</source>
        <translation>其中的任何内容都没有被执行或打开。请从发布者处获取模型，正式发布的文件不含这样的内容。</translation>
    </message>
    <message>
        <source>Shorten the text, or send it in parts.</source>
        <translation>请缩短文本，或分几次发送。</translation>
    </message>
    <message>
        <source>The app met an error it does not know: {text}.</source>
        <translation>程序遇到未知错误：{text}。</translation>
    </message>
    <message>
        <source>The context length must be from 1 to {most} for this model, not {value}.</source>
        <translation>该模型的上下文长度须在 1 到 {most} 之间，不能是 {value}。</translation>
    </message>
    <message>
        <source>The engine met an error it does not know ({name}: {text}).</source>
        <translation>引擎遇到未知错误（{name}：{text}）。</translation>
    </message>
    <message>
        <source>The engine that runs the model stopped: {reason}.</source>
        <translation>运行模型的引擎已停止：{reason}。</translation>
    </message>
    <message>
        <source>The guide model is a part of the app and cannot be removed.</source>
        <translation>内置助手模型是程序的一部分，不能移除。</translation>
    </message>
    <message>
        <source>The log has the details; please report it.</source>
        <translation>详细信息在日志中，请反馈此问题。</translation>
    </message>
    <message>
        <source>The model needs {needed:.1f} GiB on {device}, but only {free:.1f} GiB is free.</source>
        <translation>模型在 {device} 上需要 {needed:.1f} GiB 内存，但只有 {free:.1f} GiB 可用。</translation>
    </message>
    <message>
        <source>The model&apos;s result is not a number, so the answer was stopped.</source>
        <translation>模型的计算结果不是有效数字，回答已停止。</translation>
    </message>
    <message>
        <source>The pipe to the engine ended in the middle of a frame.</source>
        <translation>与引擎之间的管道在数据帧中途断开。</translation>
    </message>
    <message>
        <source>The system prompt with your message</source>
        <translation>系统提示词与您的消息</translation>
    </message>
    <message>
        <source>The text</source>
        <translation>这段文本</translation>
    </message>
    <message>
        <source>The text so far is kept. Your next message starts a fresh engine.</source>
        <translation>已有的文本会保留，下一条消息会启动新的引擎。</translation>
    </message>
    <message>
        <source>The tokenizer “{file}” cannot be used: {what}.</source>
        <translation>分词器“{file}”无法使用：{what}。</translation>
    </message>
    <message>
        <source>The weight files are probably damaged: copy the model again from its source.</source>
        <translation>权重文件可能已损坏：请从来源重新复制模型。</translation>
    </message>
    <message>
        <source>There is no message to answer.</source>
        <translation>没有可回答的消息。</translation>
    </message>
    <message>
        <source>There is no model “{id}” in the registry.</source>
        <translation>登记表中没有模型“{id}”。</translation>
    </message>
    <message>
        <source>There is no model “{id}”, the closest is “{near}”.</source>
        <translation>没有模型“{id}”，最接近的是“{near}”。</translation>
    </message>
    <message>
        <source>There is no precision “{name}”; there are {known}.</source>
        <translation>没有精度“{name}”，可选的有 {known}。</translation>
    </message>
    <message>
        <source>There is no text to continue.</source>
        <translation>没有可续写的文本。</translation>
    </message>
    <message>
        <source>A context of {tokens} tokens is too long for an export.</source>
        <translation>上下文长度 {tokens} 对导出来说太长了。</translation>
    </message>
    <message>
        <source>A copy takes in nothing from there. Put the file itself in the place of the link, and try again.</source>
        <translation>副本不会收入那里的任何内容。请用文件本身替换该链接，然后重试。</translation>
    </message>
    <message>
        <source>A portable export is in fp32 or fp16: the products with {bits}-bit weights are ONNX Runtime&apos;s own.</source>
        <translation>可移植的导出只有 fp32 或 fp16：{bits} 位权重的乘法是 ONNX Runtime 自己的算子。</translation>
    </message>
    <message>
        <source>Baichuan (version 1)</source>
        <translation>Baichuan（第 1 代）</translation>
    </message>
    <message>
        <source>Check the drive, and your rights to the file.</source>
        <translation>请检查磁盘，以及您对该文件的权限。</translation>
    </message>
    <message>
        <source>Check the path.</source>
        <translation>请检查路径。</translation>
    </message>
    <message>
        <source>Choose a file that you may read.</source>
        <translation>请选择有权读取的文件。</translation>
    </message>
    <message>
        <source>Choose a longer text; a few pages tell more than a few lines.</source>
        <translation>请选择更长的文本；几页文字比几行更能说明问题。</translation>
    </message>
    <message>
        <source>Choose a text file in UTF-8, or a folder that holds some.</source>
        <translation>请选择 UTF-8 编码的文本文件，或包含这类文件的文件夹。</translation>
    </message>
    <message>
        <source>Choose a text of a few pages.</source>
        <translation>请选择几页长的文本。</translation>
    </message>
    <message>
        <source>Choose another folder.</source>
        <translation>请选择另一个文件夹。</translation>
    </message>
    <message>
        <source>Choose another precision.</source>
        <translation>请选择其他精度。</translation>
    </message>
    <message>
        <source>Choose the device “auto”.</source>
        <translation>请选择设备“auto”。</translation>
    </message>
    <message>
        <source>Close other programs, choose a smaller precision, context length or model.</source>
        <translation>请关闭其他程序，或选择更小的精度、更短的上下文或更小的模型。</translation>
    </message>
    <message>
        <source>Convert the model that it was made from.</source>
        <translation>请转换它所来自的模型。</translation>
    </message>
    <message>
        <source>Copy what the link leads to as well, or download the model again. Of a Hugging Face cache, copy the whole folder of the model, with “blobs” and “snapshots”.</source>
        <translation>请把链接指向的文件也一并复制，或重新下载模型。如果来自 Hugging Face 缓存，请复制该模型的整个文件夹，包括“blobs”和“snapshots”。</translation>
    </message>
    <message>
        <source>DeepSpeed ZeRO-3 leaves such files while the weights lie in parts: run the zero_to_fp32.py of the training&apos;s folder, and open the folder that it writes.</source>
        <translation>DeepSpeed ZeRO-3 在权重仍分成多份时会留下这样的文件：请运行训练文件夹中的 zero_to_fp32.py，然后打开它写出的文件夹。</translation>
    </message>
    <message>
        <source>Download the model again.</source>
        <translation>请重新下载模型。</translation>
    </message>
    <message>
        <source>Engines made for Baichuan 1 run it as it is.</source>
        <translation>为 Baichuan 1 编写的推理引擎可以直接运行它。</translation>
    </message>
    <message>
        <source>Export the model without --portable.</source>
        <translation>请不带 --portable 重新导出模型。</translation>
    </message>
    <message>
        <source>Finish the download with aria2, or download the file again. If it is complete, delete the file that lies beside it.</source>
        <translation>请用 aria2 完成下载，或重新下载该文件。如果文件已经完整，请删除旁边的那个文件。</translation>
    </message>
    <message>
        <source>Finish the download, or download the file again, and compare its size with the source.</source>
        <translation>请完成下载，或重新下载该文件，并与来源核对文件大小。</translation>
    </message>
    <message>
        <source>Give the file the ending of its format, in the index of the model too if there is one.</source>
        <translation>请把文件的扩展名改为其实际格式的扩展名；如果模型有索引文件，也请在其中一并修改。</translation>
    </message>
    <message>
        <source>If it was fine-tuned on conversations, use it as a chat model.</source>
        <translation>如果它用对话数据微调过，请将它作为对话模型使用。</translation>
    </message>
    <message>
        <source>Install the libraries of CUDA that belong to it (the extra onnx-gpu), or choose the device “cpu”.</source>
        <translation>请安装它所需的 CUDA 库（附加组件 onnx-gpu），或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>Install the newer version of the app, or export the model again with this one.</source>
        <translation>请安装较新版本的应用，或用此版本重新导出模型。</translation>
    </message>
    <message>
        <source>Leave out --portable, or choose another precision.</source>
        <translation>请去掉 --portable，或选择其他精度。</translation>
    </message>
    <message>
        <source>Load the model again, or choose another one.</source>
        <translation>请重新加载模型，或选择其他模型。</translation>
    </message>
    <message>
        <source>Load the model in PyTorch, and save it with save_pretrained of transformers; or take it as it was published.</source>
        <translation>请在 PyTorch 中加载该模型，再用 transformers 的 save_pretrained 保存；或使用发布的原版。</translation>
    </message>
    <message>
        <source>Make it a file that you may read, or move it away, and start again.</source>
        <translation>请将它换成您可以读取的文件，或将它移走，然后重新启动。</translation>
    </message>
    <message>
        <source>Make room on this drive, or choose a folder on another one.</source>
        <translation>请在此磁盘上腾出空间，或选择另一个磁盘上的文件夹。</translation>
    </message>
    <message>
        <source>Make room on this drive, or compare on fewer tokens.</source>
        <translation>请在该磁盘上腾出空间，或减少用于比较的词元数。</translation>
    </message>
    <message>
        <source>Make room, or choose a folder that you may write to.</source>
        <translation>请腾出空间，或选择有写入权限的文件夹。</translation>
    </message>
    <message>
        <source>Memory ran out: {free:.1f} GiB is free of the {limit:.1f} GiB that this machine has.</source>
        <translation>内存已耗尽：本机的 {limit:.1f} GiB 中只有 {free:.1f} GiB 可用。</translation>
    </message>
    <message>
        <source>Memory ran out: {free:.1f} GiB is free of the {limit:.1f} GiB that {by} allows.</source>
        <translation>内存已耗尽：{by}允许的 {limit:.1f} GiB 中只有 {free:.1f} GiB 可用。</translation>
    </message>
    <message>
        <source>Merge it (merge_and_unload in PEFT), and open the folder that this writes.</source>
        <translation>请先合并（PEFT 的 merge_and_unload），再打开合并后写出的文件夹。</translation>
    </message>
    <message>
        <source>Merge it into that model (merge_and_unload in PEFT), and open the folder that this writes.</source>
        <translation>请先将其合并到该模型（PEFT 的 merge_and_unload），再打开合并后写出的文件夹。</translation>
    </message>
    <message>
        <source>ONNX Runtime cannot use {device}: its CUDA provider does not start here.</source>
        <translation>ONNX Runtime 无法使用 {device}：它的 CUDA 执行程序在这里无法启动。</translation>
    </message>
    <message>
        <source>ONNX Runtime refuses it ({text})</source>
        <translation>ONNX Runtime 拒绝了它（{text}）</translation>
    </message>
    <message>
        <source>Put it back, or take it from the list: baichuan-desktop models remove ID.</source>
        <translation>请把它放回原处，或将它从列表中移除：baichuan-desktop models remove ID。</translation>
    </message>
    <message>
        <source>Quantise the model&apos;s 16-bit checkpoint.</source>
        <translation>请对该模型的 16 位版本进行量化。</translation>
    </message>
    <message>
        <source>Quantised models run as they are.</source>
        <translation>量化模型可以直接运行。</translation>
    </message>
    <message>
        <source>Raise that limit, or choose a smaller precision, context length or model.</source>
        <translation>请提高该限制，或选择更小的精度、上下文长度或模型。</translation>
    </message>
    <message>
        <source>Run its zero_to_fp32.py, and open the folder that it writes.</source>
        <translation>请运行其中的 zero_to_fp32.py，再打开它写出的文件夹。</translation>
    </message>
    <message>
        <source>Run “git lfs pull” in the folder that was cloned, or download the file again.</source>
        <translation>请在克隆的文件夹中运行“git lfs pull”，或重新下载该文件。</translation>
    </message>
    <message>
        <source>Save it again with a newer PyTorch (torch.load with weights_only=True, then torch.save), or get the model in .safetensors files.</source>
        <translation>请用较新的 PyTorch 重新保存（先 torch.load 并设 weights_only=True，再 torch.save），或获取 .safetensors 格式的模型。</translation>
    </message>
    <message>
        <source>Save it as UTF-8 (in an editor: “Save as”, then the encoding), or choose another file.</source>
        <translation>请将它另存为 UTF-8 编码（在编辑器中选择“另存为”，再选编码），或选择其他文件。</translation>
    </message>
    <message>
        <source>Save the model itself with save_pretrained of transformers (of an adapter, after merge_and_unload in PEFT), and open the folder that this writes.</source>
        <translation>请用 transformers 的 save_pretrained 保存模型本身（若是适配器，先用 PEFT 的 merge_and_unload 合并），然后打开由此写出的文件夹。</translation>
    </message>
    <message>
        <source>Take the model as safetensors or PyTorch files.</source>
        <translation>请改用 safetensors 或 PyTorch 格式的模型文件。</translation>
    </message>
    <message>
        <source>Take the model in 16 bits as it was published, from which this app makes 8 or 4 bits itself.</source>
        <translation>请使用官方发布的 16 位模型，本程序可以由它自行量化为 8 位或 4 位。</translation>
    </message>
    <message>
        <source>The block size must be one of {known}, not {value}.</source>
        <translation>块大小必须是 {known} 之一，而不是 {value}。</translation>
    </message>
    <message>
        <source>The copy cannot be written to “{folder}”: {reason}.</source>
        <translation>无法把副本写入“{folder}”：{reason}。</translation>
    </message>
    <message>
        <source>The copy needs {needed:.1f} GiB in “{folder}”, but only {free:.1f} GiB is free there.</source>
        <translation>副本需要“{folder}”中有 {needed:.1f} GiB 空间，但那里只有 {free:.1f} GiB 可用。</translation>
    </message>
    <message>
        <source>The engine that runs the model was ended, as you asked.</source>
        <translation>已按您的要求结束运行模型的引擎。</translation>
    </message>
    <message>
        <source>The graphics card stopped working: {what}.</source>
        <translation>显卡停止了工作：{what}。</translation>
    </message>
    <message>
        <source>The installed bitsandbytes multiplies wrongly in {precision} on this processor.</source>
        <translation>已安装的 bitsandbytes 在此 CPU 上以 {precision} 精度计算的矩阵乘积有误。</translation>
    </message>
    <message>
        <source>The installed torch multiplies wrongly in {precision} on this processor.</source>
        <translation>已安装的 torch 在此 CPU 上以 {precision} 精度计算的矩阵乘积有误。</translation>
    </message>
    <message>
        <source>The manifest of an export names the files that it was made from.</source>
        <translation>导出的清单（manifest）列出了它由哪些文件生成。</translation>
    </message>
    <message>
        <source>The model needs {needed:.1f} GiB on {device}, but only {free:.1f} GiB is free of the {limit:.1f} GiB that {by} allows.</source>
        <translation>模型在 {device} 上需要 {needed:.1f} GiB 内存，但在{by}允许的 {limit:.1f} GiB 中只有 {free:.1f} GiB 可用。</translation>
    </message>
    <message>
        <source>The number of tokens must be from 1 to {most}, not {value}.</source>
        <translation>词元数必须在 1 到 {most} 之间，而不是 {value}。</translation>
    </message>
    <message>
        <source>The path of the folder is not UTF-8.</source>
        <translation>文件夹的路径不是 UTF-8。</translation>
    </message>
    <message>
        <source>The reference has read fewer tokens than are to be compared.</source>
        <translation>参照精度读取的词元少于需要比较的词元。</translation>
    </message>
    <message>
        <source>The reference of the comparison cannot be kept in “{folder}”: {reason}.</source>
        <translation>无法把比较所需的参照数据保存在“{folder}”中：{reason}。</translation>
    </message>
    <message>
        <source>The report of “baichuan-desktop doctor” names the precisions that do.</source>
        <translation>“baichuan-desktop doctor” 的报告会列出能运行的精度。</translation>
    </message>
    <message>
        <source>The text so far is kept. Load the model again, or choose the device “cpu”.</source>
        <translation>已有的文字会保留。请重新载入模型，或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>The weights are read from “{file}”, because other files are not complete: {reason}</source>
        <translation>权重从“{file}”读取，因为其他文件不完整：{reason}</translation>
    </message>
    <message>
        <source>There is no device “{name}”; there are {known}.</source>
        <translation>没有名为“{name}”的设备；可用的有 {known}。</translation>
    </message>
    <message>
        <source>There is no file or folder “{path}”.</source>
        <translation>没有名为“{path}”的文件或文件夹。</translation>
    </message>
    <message>
        <source>These files hold {stored} weights, which run as they are and in no other precision.</source>
        <translation>这些文件保存的是 {stored} 权重，只能按原样运行，不能用其他精度。</translation>
    </message>
    <message>
        <source>This app runs Baichuan-7B, Baichuan-13B, Baichuan2-7B and Baichuan2-13B. If it is one of them, take config.json as it was published.</source>
        <translation>本应用可运行 Baichuan-7B、Baichuan-13B、Baichuan2-7B 和 Baichuan2-13B。如果它是其中之一，请使用发布的 config.json。</translation>
    </message>
    <message>
        <source>This is an export, which runs at {precision} only.</source>
        <translation>这是一个导出，只能以 {precision} 运行。</translation>
    </message>
    <message>
        <source>This machine has no NVIDIA card that can be used.</source>
        <translation>本机没有可用的 NVIDIA 显卡。</translation>
    </message>
    <message>
        <source>This model has no export at {precision}.</source>
        <translation>此模型没有 {precision} 的导出。</translation>
    </message>
    <message>
        <source>This model has no tokens that begin a turn, so it cannot be used as a chat model.</source>
        <translation>该模型没有用来开始一轮对话的词元，不能作为对话模型使用。</translation>
    </message>
    <message>
        <source>Unpack it, and choose the folder that holds config.json.</source>
        <translation>请先解压，再选择包含 config.json 的文件夹。</translation>
    </message>
    <message>
        <source>Wait until it has ended, or choose another folder.</source>
        <translation>请等它结束，或选择其他文件夹。</translation>
    </message>
    <message>
        <source>Wait until nothing writes to the model&apos;s folder, and try again.</source>
        <translation>请等到没有程序再写入该模型文件夹，然后重试。</translation>
    </message>
    <message>
        <source>Write a shorter context into a copy of its config.json.</source>
        <translation>请在其副本的 config.json 里写一个较短的上下文长度。</translation>
    </message>
    <message>
        <source>You chose this precision. {fact}</source>
        <translation>这是您选择的精度。{fact}</translation>
    </message>
    <message>
        <source>Your message</source>
        <translation>您的消息</translation>
    </message>
    <message>
        <source>a half of “{name}” is zero</source>
        <translation>“{name}”有一半全为零</translation>
    </message>
    <message>
        <source>a piece that steers the model has {count:,} characters</source>
        <translation>一个控制模型的词条长达 {count:,} 个字符</translation>
    </message>
    <message>
        <source>begins with zeros, its content was not downloaded</source>
        <translation>以零开头，其内容并未下载</translation>
    </message>
    <message>
        <source>bf16 needs AVX2, which {device} lacks.</source>
        <translation>bf16 需要 AVX2 指令集，而 {device} 没有。</translation>
    </message>
    <message>
        <source>bf16 needs {need:.1f} GiB on {device} of the {free:.1f} GiB that is free, but reads prompts about ten times slower than fp32, as this processor lacks {needed}.</source>
        <translation>bf16 在 {device} 上需要 {need:.1f} GiB（现有 {free:.1f} GiB 可用），但处理提示词比 fp32 慢约十倍，因为此 CPU 没有 {needed} 指令。</translation>
    </message>
    <message>
        <source>bitsandbytes, packed</source>
        <translation>bitsandbytes，权重预先重排</translation>
    </message>
    <message>
        <source>bitsandbytes, unpacked for each product</source>
        <translation>bitsandbytes，每次相乘前解包</translation>
    </message>
    <message>
        <source>does not hold “{name}” row by row, which this app needs</source>
        <translation>没有按行存储“{name}”，而本应用需要按行存储</translation>
    </message>
    <message>
        <source>eos_token_id in {file} is {value}; what of it is no token is left out.</source>
        <translation>{file} 中的 eos_token_id 是 {value}；其中不是词元的部分已忽略。</translation>
    </message>
    <message>
        <source>generation_config.json is not used, for {what}: the model is sampled as the published chat models are.</source>
        <translation>未使用 generation_config.json，因为{what}：采样参数与官方发布的对话模型相同。</translation>
    </message>
    <message>
        <source>cannot be read: {reason}</source>
        <translation>无法读取：{reason}</translation>
    </message>
    <message>
        <source>0, 1, 2 or 3</source>
        <translation>0、1、2 或 3</translation>
    </message>
    <message>
        <source>8-bit weights, 16-bit activations</source>
        <translation>8 位权重，16 位激活</translation>
    </message>
    <message>
        <source>A frame on the pipe to the training is cut or too long.</source>
        <translation>与微调进程之间的管道中，有一帧不完整或过长。</translation>
    </message>
    <message>
        <source>A hostfile has a machine in each line: ADDRESS slots=NUMBER_OF_CARDS.</source>
        <translation>hostfile 每行一台机器：地址 slots=显卡数。</translation>
    </message>
    <message>
        <source>A larger adapter on the attention, for instructions and their answers.</source>
        <translation>注意力层上较大的适配器，适合指令及其回答。</translation>
    </message>
    <message>
        <source>A library of CUDA does not work on {device}: {text}.</source>
        <translation>CUDA 的一个程序库无法在 {device} 上工作：{text}。</translation>
    </message>
    <message>
        <source>A list of hashes is what “sha256sum * &gt; SHA256SUMS” writes: a SHA-256 and a name in each line.</source>
        <translation>校验值清单是指 “sha256sum * &gt; SHA256SUMS” 写出的文件：每行一个 SHA-256 和一个文件名。</translation>
    </message>
    <message>
        <source>A machine shares a training among 1 to {most} processes, and not {wanted}</source>
        <translation>一台机器可由 1 到 {most} 个进程共同微调，而不是 {wanted} 个</translation>
    </message>
    <message>
        <source>A message takes {most} documents at most; the others were not attached.</source>
        <translation>一条消息最多附加 {most} 个文档，其余的没有附加。</translation>
    </message>
    <message>
        <source>A model is loaded only once it was verified against a list.</source>
        <translation>模型须先对照清单校验，才能加载。</translation>
    </message>
    <message>
        <source>A model may be loaded without having been verified.</source>
        <translation>模型无须校验即可加载。</translation>
    </message>
    <message>
        <source>A model of its own, for several cards: 16 bytes of memory for each weight.</source>
        <translation>得到一个独立的模型，适合多张显卡：每个参数占 16 字节。</translation>
    </message>
    <message>
        <source>A model&apos;s name cannot be empty.</source>
        <translation>模型名称不能为空。</translation>
    </message>
    <message>
        <source>A model&apos;s name has at most {most} characters, not {count}.</source>
        <translation>模型名称最多 {most} 个字符，而不是 {count} 个。</translation>
    </message>
    <message>
        <source>A model&apos;s name holds a character that cannot be seen: “{name}”.</source>
        <translation>模型名称含有不可见的字符：“{name}”。</translation>
    </message>
    <message>
        <source>A processor does not train in fp16</source>
        <translation>CPU 不支持以 fp16 训练</translation>
    </message>
    <message>
        <source>A small adapter on the attention, which leaves the model as it is.</source>
        <translation>注意力层上的小型适配器，模型本身不变。</translation>
    </message>
    <message>
        <source>A text of {letters} letters has to be accepted before a model is loaded.</source>
        <translation>加载任何模型之前，须先接受一段 {letters} 个字符的文本。</translation>
    </message>
    <message>
        <source>A training by DeepSpeed keeps no checkpoints among which one is the best</source>
        <translation>使用 DeepSpeed 的微调不保存检查点，因此无法从中选出最佳的一个</translation>
    </message>
    <message>
        <source>A training by DeepSpeed keeps no checkpoints from which it could go on</source>
        <translation>使用 DeepSpeed 的微调不保存检查点，因此无法续训</translation>
    </message>
    <message>
        <source>Accepted licences</source>
        <translation>已接受的许可证</translation>
    </message>
    <message>
        <source>Add the model that it was made for, and then the adapter. In the terminal: baichuan-desktop models add FOLDER</source>
        <translation>请先添加它所适配的模型，再添加适配器。在终端中：baichuan-desktop models add FOLDER</translation>
    </message>
    <message>
        <source>An adapter on every matrix and the head, which learns dozens of answers by heart.</source>
        <translation>全部矩阵和输出层上的适配器，能记住几十条回答。</translation>
    </message>
    <message>
        <source>An administrator can change it.</source>
        <translation>管理员可以更改它。</translation>
    </message>
    <message>
        <source>An evaluation is asked for, and no examples are held back for it</source>
        <translation>要求做评估，但没有留出用于评估的样本</translation>
    </message>
    <message>
        <source>Another program has {device} for itself alone.</source>
        <translation>另一个程序独占了 {device}。</translation>
    </message>
    <message>
        <source>Another run of the app has the conversations in “{folder}” open, so none are added from here.</source>
        <translation>本程序的另一个实例正打开着“{folder}”中的对话，因此无法从这里添加。</translation>
    </message>
    <message>
        <source>Another run of the app has the conversations in “{folder}” open, so this one can only read them.</source>
        <translation>本程序的另一个实例已打开“{folder}”中的对话，因此此处只能读取。</translation>
    </message>
    <message>
        <source>Another training writes into “{folder}” at this moment.</source>
        <translation>另一项微调正在写入“{folder}”。</translation>
    </message>
    <message>
        <source>Answers cannot be written to “{file}”: {reason}.</source>
        <translation>无法把回答写入“{file}”：{reason}。</translation>
    </message>
    <message>
        <source>As downloaded: {count} files.</source>
        <translation>与下载时一致：{count} 个文件。</translation>
    </message>
    <message>
        <source>As the model is stored ({types})</source>
        <translation>与模型存储的精度相同（{types}）</translation>
    </message>
    <message>
        <source>As the registry says: {count} files.</source>
        <translation>与模型登记表一致：{count} 个文件。</translation>
    </message>
    <message>
        <source>As the site&apos;s list says: {count} files.</source>
        <translation>与管理员的校验值清单一致：{count} 个文件。</translation>
    </message>
    <message>
        <source>As this app wrote them: {count} files.</source>
        <translation>与本程序写出时一致：{count} 个文件。</translation>
    </message>
    <message>
        <source>Ask about them in another message.</source>
        <translation>请在另一条消息中就其提问。</translation>
    </message>
    <message>
        <source>Ask again in a moment.</source>
        <translation>请稍后再试。</translation>
    </message>
    <message>
        <source>Ask for that one, or have the person at this machine choose another model.</source>
        <translation>请改用这个模型，或请使用本机的人选择另一个模型。</translation>
    </message>
    <message>
        <source>Ask the administrator of this machine to allow it.</source>
        <translation>如需使用，请联系本机的管理员。</translation>
    </message>
    <message>
        <source>Ask {contact} for the list, and verify it: baichuan-desktop models verify {id} --against SHA256SUMS.</source>
        <translation>请向 {contact} 索取清单，然后校验：baichuan-desktop models verify {id} --against SHA256SUMS。</translation>
    </message>
    <message>
        <source>Begin anew in another folder.</source>
        <translation>请在另一个文件夹中重新开始。</translation>
    </message>
    <message>
        <source>Begin anew without --resume; a checkpoint is kept at the end of an epoch, or every --save_steps steps.</source>
        <translation>去掉 --resume 重新开始；检查点在每轮结束时保存，或每 --save_steps 步保存一次。</translation>
    </message>
    <message>
        <source>Big5 (traditional Chinese)</source>
        <translation>Big5（繁体中文）</translation>
    </message>
    <message>
        <source>Both fit at the same time: they answer side by side, each more slowly than alone.</source>
        <translation>两者可同时装下：将并排回答，各自都比单独运行时慢。</translation>
    </message>
    <message>
        <source>Both fit at the same time: they answer side by side.</source>
        <translation>两者可同时装下：将并排回答。</translation>
    </message>
    <message>
        <source>CUDA cannot be started on {device}: {text}.</source>
        <translation>无法在 {device} 上启动 CUDA：{text}。</translation>
    </message>
    <message>
        <source>CUDA finds no card {device} on this machine.</source>
        <translation>CUDA 在本机上找不到显卡 {device}。</translation>
    </message>
    <message>
        <source>Change the setting; nothing was written.</source>
        <translation>请更改该设置；没有写入任何内容。</translation>
    </message>
    <message>
        <source>Check its drive, or choose another model folder.</source>
        <translation>请检查其所在驱动器，或另选一个模型存放文件夹。</translation>
    </message>
    <message>
        <source>Check the drive, and your rights to the folder.</source>
        <translation>请检查驱动器，以及您对该文件夹的权限。</translation>
    </message>
    <message>
        <source>Check the drive, or choose another one.</source>
        <translation>请检查驱动器，或另选一个。</translation>
    </message>
    <message>
        <source>Checkpoints are not kept: those of DeepSpeed are pickles, which are never written here. It can be stopped, and not be paused; the result is saved at the end.</source>
        <translation>不保存检查点：DeepSpeed 的检查点是 pickle 文件，本程序从不写入此类文件。可以停止，但不能暂停；结果在结束时保存。</translation>
    </message>
    <message>
        <source>Choose LoRA or QLoRA, shorter examples, a smaller batch with more accumulation, or a smaller model; --dry-run shows the arithmetic.</source>
        <translation>请选择 LoRA 或 QLoRA、更短的样本、更小的批大小（并增加梯度累积），或更小的模型；--dry-run 会列出计算明细。</translation>
    </message>
    <message>
        <source>Choose a conversation that has messages.</source>
        <translation>请选择有消息的对话。</translation>
    </message>
    <message>
        <source>Choose a file that “Export…” of the presets has written, or mend this one. Your presets are as they were.</source>
        <translation>请选择由预设的“导出…”写出的文件，或修好这个文件。您的预设没有改变。</translation>
    </message>
    <message>
        <source>Choose a file with a JSON object in each line.</source>
        <translation>请选择每行一个 JSON 对象的文件。</translation>
    </message>
    <message>
        <source>Choose a file with text in it.</source>
        <translation>请选择含有文字的文件。</translation>
    </message>
    <message>
        <source>Choose a folder that you may write into; checkpoints that were kept stay.</source>
        <translation>请选择您可以写入的文件夹；已保存的检查点会保留。</translation>
    </message>
    <message>
        <source>Choose a precision of the model itself, such as bf16, or export the model with the adapter in it: baichuan-desktop export-onnx MODEL --adapter ADAPTER.</source>
        <translation>请选择模型本身的精度（如 bf16），或导出合并了适配器的模型：baichuan-desktop export-onnx MODEL --adapter ADAPTER。</translation>
    </message>
    <message>
        <source>Choose an empty folder, or a new one.</source>
        <translation>请选择一个空文件夹，或新建一个。</translation>
    </message>
    <message>
        <source>Choose another backup. Your conversations are as they were.</source>
        <translation>请选择另一个备份。您的对话保持原样。</translation>
    </message>
    <message>
        <source>Choose another file with --out. This one stays as it is.</source>
        <translation>请用 --out 选择其他文件。这个文件保持原样。</translation>
    </message>
    <message>
        <source>Choose another folder or drive, or make room on this one.</source>
        <translation>请选择其他文件夹或磁盘，或在此磁盘上腾出空间。</translation>
    </message>
    <message>
        <source>Choose another folder; --resume goes on with a training that lies there.</source>
        <translation>请选择其他文件夹；--resume 会继续其中已有的微调。</translation>
    </message>
    <message>
        <source>Choose another model folder.</source>
        <translation>请另选一个模型存放文件夹。</translation>
    </message>
    <message>
        <source>Choose another model folder: removing the app would take the model with it.</source>
        <translation>请另选一个模型存放文件夹：卸载程序时，模型会被一并删除。</translation>
    </message>
    <message>
        <source>Choose another name, or move the file away. In the terminal, --replace puts the new backup in its place.</source>
        <translation>请换一个名称，或移走该文件。在终端中，--replace 会用新的备份替换它。</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>请换一个名称。</translation>
    </message>
    <message>
        <source>Choose another one, or copy it again from where it is whole. Nothing was changed.</source>
        <translation>请选择另一个备份，或从完好的地方重新复制。没有做任何更改。</translation>
    </message>
    <message>
        <source>Choose another port, or end the program that has this one.</source>
        <translation>请选择另一个端口，或结束占用此端口的程序。</translation>
    </message>
    <message>
        <source>Choose bf16, or --deepspeed.</source>
        <translation>请选择 bf16，或使用 --deepspeed。</translation>
    </message>
    <message>
        <source>Choose one of them: {names}.</source>
        <translation>请选择其中一个：{names}。</translation>
    </message>
    <message>
        <source>Choose passages of it, or remove it from the message.</source>
        <translation>请选择其中的段落，或将它从消息中移除。</translation>
    </message>
    <message>
        <source>Choose that context length, close other programs, or choose a smaller model.</source>
        <translation>请选择该上下文长度，关闭其他程序，或选择更小的模型。</translation>
    </message>
    <message>
        <source>Choose the device “auto” and the precision “{name}”: {precision} runs on {device}.</source>
        <translation>请将设备设为“auto”，并将精度设为“{name}”：{precision} 可在 {device} 上运行。</translation>
    </message>
    <message>
        <source>Choose the device “auto”, or start the app without that variable.</source>
        <translation>请选择设备“auto”，或在不设置该变量的情况下启动应用。</translation>
    </message>
    <message>
        <source>Choose the device “auto”: {precision} runs on {device}.</source>
        <translation>请选择设备“auto”：{precision} 可在 {device} 上运行。</translation>
    </message>
    <message>
        <source>Choose the files in it that the question is about.</source>
        <translation>请选择其中与问题有关的文件。</translation>
    </message>
    <message>
        <source>Choose the folder itself.</source>
        <translation>请选择该文件夹本身。</translation>
    </message>
    <message>
        <source>Choose the folder that holds adapter_config.json and adapter_model.safetensors, both copied completely.</source>
        <translation>请选择包含 adapter_config.json 和 adapter_model.safetensors 的文件夹，两个文件都要完整复制。</translation>
    </message>
    <message>
        <source>Choose the model in 16 bits, or QLoRA, which takes it in 4 bits.</source>
        <translation>请选择 16 位的模型；或改用 QLoRA，它可以使用 4 位的模型。</translation>
    </message>
    <message>
        <source>Choose the model in 16 bits, which is brought to 4 bits as it is loaded.</source>
        <translation>请选择 16 位的模型，加载时会量化为 4 位。</translation>
    </message>
    <message>
        <source>Choose the model that it was made from.</source>
        <translation>请选择导出它时所用的原模型。</translation>
    </message>
    <message>
        <source>Choose the precision “{name}”: {precision} runs on {device}.</source>
        <translation>请将精度设为“{name}”：{precision} 可在 {device} 上运行。</translation>
    </message>
    <message>
        <source>Close it and try again, or import them in its window.</source>
        <translation>请关闭那个实例后重试，或在它的窗口中导入。</translation>
    </message>
    <message>
        <source>Close other programs, or choose a smaller context length or model.</source>
        <translation>请关闭其他程序，或选择更短的上下文或更小的模型。</translation>
    </message>
    <message>
        <source>Close that window and try again, or restore the backup in its settings. Nothing was changed.</source>
        <translation>请关闭该窗口后重试，或在它的设置中恢复备份。没有做任何更改。</translation>
    </message>
    <message>
        <source>Close the other one, and move the folder again in the settings.</source>
        <translation>请关闭另一个，再到设置中重新移动文件夹。</translation>
    </message>
    <message>
        <source>Close the other one: then what is new here is saved. It is lost if this one is closed first.</source>
        <translation>请关闭另一个实例，此处的新内容随后会自动保存。如果先关闭此窗口，新内容将会丢失。</translation>
    </message>
    <message>
        <source>Comments in it are not read.</source>
        <translation>其中的批注未读取。</translation>
    </message>
    <message>
        <source>Comparing with models that are here</source>
        <translation>正在与已有模型比较</translation>
    </message>
    <message>
        <source>Compute layers again on the way back (gradient checkpointing), a third slower.</source>
        <translation>反向传播时重新计算各层（梯度检查点），慢约三分之一。</translation>
    </message>
    <message>
        <source>Connect its drive and start again. If the folder is gone for good, delete “{file}”: the app then begins anew in its usual folder.</source>
        <translation>请连接它所在的磁盘后重新启动。如果该文件夹已不复存在，请删除“{file}”：程序会在默认文件夹中重新开始。</translation>
    </message>
    <message>
        <source>Connect its drive, make the folder, or choose another model folder.</source>
        <translation>请连接其驱动器、创建该文件夹，或另选一个模型存放文件夹。</translation>
    </message>
    <message>
        <source>Connect the drive again and go on with the import: what is copied is kept.</source>
        <translation>请重新连接驱动器，然后继续导入：已复制的内容会保留。</translation>
    </message>
    <message>
        <source>Connect the drive again, or choose another model folder.</source>
        <translation>请重新连接驱动器，或另选一个模型存放文件夹。</translation>
    </message>
    <message>
        <source>Connect the drive; the model stays in the list, and can be loaded then.</source>
        <translation>请连接该驱动器；模型仍保留在列表中，连接后即可加载。</translation>
    </message>
    <message>
        <source>Conversations are kept as long as a person likes.</source>
        <translation>对话可以一直保留。</translation>
    </message>
    <message>
        <source>Conversations are not written to files here</source>
        <translation>本机不允许把对话写入文件</translation>
    </message>
    <message>
        <source>Conversations cannot be saved in “{folder}”: {reason}.</source>
        <translation>无法将对话保存到“{folder}”：{reason}。</translation>
    </message>
    <message>
        <source>Conversations in which nobody answers: {count}, the first at {where}; of those, nothing but where questions end is learnt, as by the published fine-tune.py.</source>
        <translation>没有回答的对话：{count} 个，第一个在 {where}；与已发布的 fine-tune.py 一样，从中只学习问题在何处结束。</translation>
    </message>
    <message>
        <source>Conversations may be exported and printed.</source>
        <translation>可以导出和打印对话。</translation>
    </message>
    <message>
        <source>Conversations may not be exported nor printed, and a backup has none in it.</source>
        <translation>不可导出或打印对话，备份中也不包含对话。</translation>
    </message>
    <message>
        <source>Conversations that were not changed for {days} days are deleted, from backups too.</source>
        <translation>超过 {days} 天未更改的对话会被删除，备份中的也一样。</translation>
    </message>
    <message>
        <source>Conversations with documents: {count} left out, the first at {where}.</source>
        <translation>带有文档的对话：略去 {count} 个，第一个在 {where}。</translation>
    </message>
    <message>
        <source>Conversations without a finished answer: {count} left out, the first at {where}.</source>
        <translation>没有完整回答的对话：略去 {count} 个，第一个在 {where}。</translation>
    </message>
    <message>
        <source>Copy a model</source>
        <translation>复制模型</translation>
    </message>
    <message>
        <source>Copy an adapter</source>
        <translation>复制适配器</translation>
    </message>
    <message>
        <source>Copy it instead: removing the app would take the model with it.</source>
        <translation>请改用复制：卸载程序时，该模型会被一并删除。</translation>
    </message>
    <message>
        <source>Copy it instead: the copy is a folder of its own, and nothing is taken away here.</source>
        <translation>请改用复制：副本是独立的文件夹，原处不会删除任何内容。</translation>
    </message>
    <message>
        <source>Copy the adapter again from where it comes.</source>
        <translation>请从来源处重新复制这个适配器。</translation>
    </message>
    <message>
        <source>Copying a model</source>
        <translation>正在复制模型</translation>
    </message>
    <message>
        <source>Copying an adapter</source>
        <translation>正在复制适配器</translation>
    </message>
    <message>
        <source>Copying the files</source>
        <translation>正在复制文件</translation>
    </message>
    <message>
        <source>DeepSpeed ZeRO-3 writes such files where weights are not gathered first: set stage3_gather_16bit_weights_on_model_save, and save the adapter again.</source>
        <translation>DeepSpeed ZeRO-3 在没有先汇集权重时会写出这样的文件：请设置 stage3_gather_16bit_weights_on_model_save，再重新保存适配器。</translation>
    </message>
    <message>
        <source>DeepSpeed gave “{name}” back with {found} in place of {wanted} numbers</source>
        <translation>DeepSpeed 返回的“{name}”只有 {found} 个数，而应有 {wanted} 个</translation>
    </message>
    <message>
        <source>DeepSpeed is left out: it shares a training among several, and this is one process on a processor.</source>
        <translation>未使用 DeepSpeed：它用于由多个进程分担微调，而这里只有 CPU 上的一个进程。</translation>
    </message>
    <message>
        <source>Delete one that you do not need any more.</source>
        <translation>请删除不再需要的预设。</translation>
    </message>
    <message>
        <source>Delete that checkpoint&apos;s folder; --resume goes on from the one before.</source>
        <translation>请删除该检查点的文件夹；--resume 会从前一个检查点继续。</translation>
    </message>
    <message>
        <source>Delete that folder, and export the model again.</source>
        <translation>请删除该文件夹，然后重新导出模型。</translation>
    </message>
    <message>
        <source>Did you mean “{closest}”? Those that there are: baichuan-desktop presets list</source>
        <translation>您要找的是“{closest}”吗？查看全部预设：baichuan-desktop presets list</translation>
    </message>
    <message>
        <source>Divide it, and attach the part that the question is about.</source>
        <translation>请将它拆分，只附加与问题有关的部分。</translation>
    </message>
    <message>
        <source>Divide it, or save its text in a file of its own, and attach that.</source>
        <translation>请将它拆分，或把其中的文字另存为一个文件，再附加那个文件。</translation>
    </message>
    <message>
        <source>Document: {name}</source>
        <translation>文档：{name}</translation>
    </message>
    <message>
        <source>Document: {name} ({given} of {count} passages given)</source>
        <translation>文档：{name}（已提供 {given}/{count} 个片段）</translation>
    </message>
    <message>
        <source>Download the model again, or take it from where it is whole.</source>
        <translation>请重新下载模型，或从完好的来源获取。</translation>
    </message>
    <message>
        <source>EUC-KR (Korean)</source>
        <translation>EUC-KR（韩文）</translation>
    </message>
    <message>
        <source>Each process wants a card of its own, and this machine has {cards} for {slots}</source>
        <translation>每个进程需要独占一张显卡，而本机有 {cards} 张显卡，却有 {slots} 个进程</translation>
    </message>
    <message>
        <source>End that program, or allow several in nvidia-smi (compute mode DEFAULT). Or choose the device “cpu”.</source>
        <translation>请结束该程序，或用 nvidia-smi 允许多个程序同时使用（计算模式 DEFAULT），或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>Evaluate at each checkpoint: --evaluation_strategy epoch, or steps.</source>
        <translation>请在每个检查点做评估：--evaluation_strategy epoch 或 steps。</translation>
    </message>
    <message>
        <source>Every adapter may be used.</source>
        <translation>可以使用任何适配器。</translation>
    </message>
    <message>
        <source>Every model may be used.</source>
        <translation>可以使用任何模型。</translation>
    </message>
    <message>
        <source>Every precision may be used.</source>
        <translation>可以使用任何精度。</translation>
    </message>
    <message>
        <source>Every weight, as published for Baichuan 2</source>
        <translation>全量微调：Baichuan 2 官方数值</translation>
    </message>
    <message>
        <source>Every weight, as published for Baichuan-13B</source>
        <translation>全量微调：Baichuan-13B 官方数值</translation>
    </message>
    <message>
        <source>Examples of more than {most} tokens: {count} of {rows}, of which {cut} tokens are cut at the end, most of them at {where}.</source>
        <translation>超过 {most} 个词元的样本：{rows} 个中有 {count} 个，末尾共截去 {cut} 个词元，截去最多的在 {where}。</translation>
    </message>
    <message>
        <source>Examples of up to {longest} tokens are learnt, but the model reads {most}: nothing that it is asked will reach what stands behind.</source>
        <translation>要学习的样本最长 {longest} 个词元，而模型最多读 {most} 个：超出的部分学了也用不上。</translation>
    </message>
    <message>
        <source>Examples of which nothing is left to learn: {count} of {rows} left out, {where}.</source>
        <translation>截断后没有可学习内容的样本：{rows} 个中略去 {count} 个，位于 {where}。</translation>
    </message>
    <message>
        <source>Export fewer conversations at a time. Nothing was added.</source>
        <translation>请每次少导出一些对话。没有添加任何内容。</translation>
    </message>
    <message>
        <source>Export the conversations once more, or choose another file. Nothing was added.</source>
        <translation>请重新导出这些对话，或选择其他文件。没有添加任何内容。</translation>
    </message>
    <message>
        <source>Fields of “{file}” that are not used: {names}.</source>
        <translation>“{file}”中未使用的字段：{names}。</translation>
    </message>
    <message>
        <source>Files are other ones than when the adapter was added or verified: {names}.</source>
        <translation>自添加或校验该适配器以来，文件已发生变化：{names}。</translation>
    </message>
    <message>
        <source>Files are other ones than when the model was added or verified: {names}.</source>
        <translation>自添加或校验该模型以来，文件已发生变化：{names}。</translation>
    </message>
    <message>
        <source>Files for evaluation and a share of the data (--dev_ratio) cannot go together</source>
        <translation>不能同时指定评估文件和留作评估的数据比例（--dev_ratio）</translation>
    </message>
    <message>
        <source>Fine-tune a model</source>
        <translation>微调模型</translation>
    </message>
    <message>
        <source>Fine-tuning a model</source>
        <translation>正在微调模型</translation>
    </message>
    <message>
        <source>Fine-tuning needs {library}, which is not installed.</source>
        <translation>微调需要 {library}，但尚未安装。</translation>
    </message>
    <message>
        <source>Fine-tuning so needs about {needed:.1f} GiB {device}, of which {free:.1f} GiB is free.</source>
        <translation>这样微调约需{device} {needed:.1f} GiB，而空闲的只有 {free:.1f} GiB。</translation>
    </message>
    <message>
        <source>Formulas that have no saved result stand as formulas: {count}.</source>
        <translation>没有保存计算结果的公式按公式原文给出，共 {count} 个。</translation>
    </message>
    <message>
        <source>GB18030, GBK (simplified Chinese)</source>
        <translation>GB18030、GBK（简体中文）</translation>
    </message>
    <message>
        <source>Get these files again and verify the model: baichuan-desktop models verify {id}. To load it as it is: baichuan-desktop models override {id}.</source>
        <translation>请重新获取这些文件，然后校验模型：baichuan-desktop models verify {id}。如要照原样加载：baichuan-desktop models override {id}。</translation>
    </message>
    <message>
        <source>Give fewer passages, remove a document, or have an answer of fewer tokens.</source>
        <translation>请减少段落、移除一个文档，或减小最大生成词元数。</translation>
    </message>
    <message>
        <source>Give the folder of the model that was exported.</source>
        <translation>请给出导出前的原模型所在的文件夹。</translation>
    </message>
    <message>
        <source>Give this one another name.</source>
        <translation>请换一个名称。</translation>
    </message>
    <message>
        <source>Go on with it. A folder of your own needs a name without “.partial”.</source>
        <translation>请继续完成它。如果这是您自己的文件夹，其名称中不能含有“.partial”。</translation>
    </message>
    <message>
        <source>Go on with the import, which lists it; then it can be removed.</source>
        <translation>请继续导入以将其列入列表，之后即可移除。</translation>
    </message>
    <message>
        <source>Gradient checkpointing, and {count} batches of 1 a step, which learn the same.</source>
        <translation>启用梯度检查点，每步累积 {count} 批、每批 1 个样本，学到的内容相同。</translation>
    </message>
    <message>
        <source>Have the person at this machine choose one.</source>
        <translation>请让这台电脑的使用者选择一个模型。</translation>
    </message>
    <message>
        <source>Hold a share of the data back (--dev_ratio 0.1), or name a file of its own.</source>
        <translation>请留出一部分数据（--dev_ratio 0.1），或另外指定一个文件。</translation>
    </message>
    <message>
        <source>Import it again.</source>
        <translation>请重新导入。</translation>
    </message>
    <message>
        <source>Import it anew, as a copy, into the other model folder.</source>
        <translation>请把它以复制方式重新导入到另一个模型文件夹。</translation>
    </message>
    <message>
        <source>In the terminal, “baichuan-desktop models get {id}” says how to get it. If it is on this machine, name its folder: baichuan-desktop models add FOLDER.</source>
        <translation>在终端中运行“baichuan-desktop models get {id}”可了解如何获取。如果它已在这台机器上，请指定其文件夹：baichuan-desktop models add FOLDER。</translation>
    </message>
    <message>
        <source>In the terminal, “baichuan-desktop models list” shows every id; with “--known”, those of the released models.</source>
        <translation>在终端中运行“baichuan-desktop models list”可查看所有 ID；加上“--known”则列出已发布模型的 ID。</translation>
    </message>
    <message>
        <source>In {precision}</source>
        <translation>{precision} 精度</translation>
    </message>
    <message>
        <source>Install NVIDIA&apos;s driver for the card, and restart the machine. Or choose the device “cpu”.</source>
        <translation>请安装该显卡的 NVIDIA 驱动程序并重启电脑，或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>Install NVIDIA&apos;s driver {least} or newer, and torch with CUDA: {command}</source>
        <translation>请安装 {least} 或更新版本的 NVIDIA 驱动程序，并安装带 CUDA 的 torch：{command}</translation>
    </message>
    <message>
        <source>Install NVIDIA&apos;s driver {least} or newer.</source>
        <translation>请安装 {least} 或更新版本的 NVIDIA 驱动程序。</translation>
    </message>
    <message>
        <source>Install NVIDIA&apos;s newest driver for the card, and restart the machine. Or choose the device “cpu”.</source>
        <translation>请安装该显卡最新的 NVIDIA 驱动程序并重启电脑，或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>Install NVIDIA&apos;s newest driver for the card. Or choose the device “cpu”.</source>
        <translation>请安装该显卡最新的 NVIDIA 驱动程序，或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>Install NVIDIA&apos;s newest driver; an older package “cuda-compat” may be in its way.</source>
        <translation>请安装最新的 NVIDIA 驱动程序；较旧的“cuda-compat”软件包可能妨碍它。</translation>
    </message>
    <message>
        <source>Install a PyTorch whose CUDA version knows this card. Or choose the device “cpu”.</source>
        <translation>请安装 CUDA 版本支持该显卡的 PyTorch，或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>Install a PyTorch with CUDA. Or choose the device “cpu”.</source>
        <translation>请安装带 CUDA 的 PyTorch，或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>Install a bitsandbytes for the CUDA version of the installed PyTorch. Or choose a precision of 16 bits, or the device “cpu”.</source>
        <translation>请安装与当前 PyTorch 的 CUDA 版本对应的 bitsandbytes，或选择 16 位精度，或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>Install it, or leave out --hostfile.</source>
        <translation>请安装 ssh，或去掉 --hostfile。</translation>
    </message>
    <message>
        <source>Install that version or a later one.</source>
        <translation>请安装该版本或更新的版本。</translation>
    </message>
    <message>
        <source>Install that version or a later one. Nothing was added.</source>
        <translation>请安装该版本或更新的版本。没有添加任何内容。</translation>
    </message>
    <message>
        <source>Install that version or a later one. Nothing was changed.</source>
        <translation>请安装该版本或更高版本。没有做任何更改。</translation>
    </message>
    <message>
        <source>Install that version or a later one. What is new stays in memory only.</source>
        <translation>请安装该版本或更高版本。新内容仅保留在内存中。</translation>
    </message>
    <message>
        <source>Install the app with its extra “server”: the lock of the app has all of it.</source>
        <translation>请安装带可选依赖“server”的程序：其锁定文件中已列出全部所需的库。</translation>
    </message>
    <message>
        <source>Install torch with CUDA: {command}</source>
        <translation>请安装带 CUDA 的 torch：{command}</translation>
    </message>
    <message>
        <source>It could not be looked at: {text}.</source>
        <translation>无法查看：{text}。</translation>
    </message>
    <message>
        <source>It has not gone on for {seconds} s</source>
        <translation>已有 {seconds} 秒没有进展</translation>
    </message>
    <message>
        <source>It is written in bf16: fp16 cannot hold all of what was learnt.</source>
        <translation>结果以 bf16 写出：fp16 容纳不下学到的全部数值。</translation>
    </message>
    <message>
        <source>It lies at “{folder}”: connect its drive, or take the model from the list.</source>
        <translation>它位于“{folder}”：请连接所在的驱动器，或将该模型从列表中移除。</translation>
    </message>
    <message>
        <source>It names nobody to ask.</source>
        <translation>策略中没有写明联系人。</translation>
    </message>
    <message>
        <source>It needs about {needed:.1f} GiB {device}, of which only {free:.1f} GiB is free: close other programs first.</source>
        <translation>约需{device} {needed:.1f} GiB，当前只有 {free:.1f} GiB 空闲：请先关闭其他程序。</translation>
    </message>
    <message>
        <source>It needs about {needed:.1f} GiB {device}, of which {free:.1f} GiB is free.</source>
        <translation>约需{device} {needed:.1f} GiB，当前空闲 {free:.1f} GiB。</translation>
    </message>
    <message>
        <source>It needs about {needed:.1f} GiB {device}, of which {free:.1f} GiB is free: close other programs while it runs.</source>
        <translation>约需{device} {needed:.1f} GiB，当前空闲 {free:.1f} GiB：运行期间请关闭其他程序。</translation>
    </message>
    <message>
        <source>It needs about {needed:.1f} GiB {device}, which has {total:.1f} GiB in all: it cannot fit.</source>
        <translation>约需{device} {needed:.1f} GiB，而总共只有 {total:.1f} GiB：放不下。</translation>
    </message>
    <message>
        <source>It reads exports of this app, ChatGPT and Open WebUI, and the folders of conversations that LM Studio and Jan keep, also as a zip file.</source>
        <translation>可以读取本程序、ChatGPT 和 Open WebUI 的导出文件，以及 LM Studio 和 Jan 保存对话的文件夹，打包成 zip 也可以。</translation>
    </message>
    <message>
        <source>It stays where it is.</source>
        <translation>它会留在原处。</translation>
    </message>
    <message>
        <source>Its checkpoints were taken away: the result holds all that was learnt.</source>
        <translation>检查点已清除：结果中包含学到的全部内容。</translation>
    </message>
    <message>
        <source>Its {pages} pages are pictures or empty. Have another program recognise the text (OCR), and attach what it makes.</source>
        <translation>它的 {pages} 页都是图片或空白页。请先用其他程序识别文字（OCR），再附加识别后的文件。</translation>
    </message>
    <message>
        <source>Keep checkpoints when it is evaluated: the same strategy, and --save_steps a multiple of --eval_steps.</source>
        <translation>请在评估时保存检查点：两者策略相同，且 --save_steps 是 --eval_steps 的倍数。</translation>
    </message>
    <message>
        <source>Latin-1 (Western Europe)</source>
        <translation>Latin-1（西欧语言）</translation>
    </message>
    <message>
        <source>Leave out --load_best_model_at_end.</source>
        <translation>请去掉 --load_best_model_at_end。</translation>
    </message>
    <message>
        <source>Leave some out: each of them gets a field of its own.</source>
        <translation>请去掉一些：每个变量都会成为一个输入栏。</translation>
    </message>
    <message>
        <source>Line {number} cannot be answered: {reason}.</source>
        <translation>无法回答第 {number} 行：{reason}。</translation>
    </message>
    <message>
        <source>Link a model</source>
        <translation>链接模型</translation>
    </message>
    <message>
        <source>Link an adapter</source>
        <translation>链接适配器</translation>
    </message>
    <message>
        <source>Link it: it is listed where it lies.</source>
        <translation>请改用链接：模型留在原处并列入列表。</translation>
    </message>
    <message>
        <source>Linking a model</source>
        <translation>正在链接模型</translation>
    </message>
    <message>
        <source>Linking an adapter</source>
        <translation>正在链接适配器</translation>
    </message>
    <message>
        <source>LoRA for a few facts, on a small model</source>
        <translation>LoRA：让小模型记住少量事实</translation>
    </message>
    <message>
        <source>LoRA, as published for Baichuan 2</source>
        <translation>LoRA：Baichuan 2 官方数值</translation>
    </message>
    <message>
        <source>LoRA, as published for Baichuan-13B</source>
        <translation>LoRA：Baichuan-13B 官方数值</translation>
    </message>
    <message>
        <source>Load the model in bf16 or fp32.</source>
        <translation>请以 bf16 或 fp32 加载模型。</translation>
    </message>
    <message>
        <source>Loading {name}: getting it ready</source>
        <translation>正在加载 {name}：准备中</translation>
    </message>
    <message>
        <source>Loading {name}: getting it ready · {seconds} s</source>
        <translation>正在加载 {name}：准备中 · {seconds} 秒</translation>
    </message>
    <message>
        <source>Loading {name}: starting</source>
        <translation>正在加载 {name}：启动中</translation>
    </message>
    <message>
        <source>Loading {name}: starting · {seconds} s</source>
        <translation>正在加载 {name}：启动中 · {seconds} 秒</translation>
    </message>
    <message>
        <source>Loading {name}: {percent} %</source>
        <translation>正在加载 {name}：{percent}%</translation>
    </message>
    <message>
        <source>Loading {name}: {percent} % · {left}</source>
        <translation>正在加载 {name}：{percent}% · {left}</translation>
    </message>
    <message>
        <source>Logits and loss</source>
        <translation>logits 与损失</translation>
    </message>
    <message>
        <source>Look at it again.</source>
        <translation>请重新查看后再操作。</translation>
    </message>
    <message>
        <source>Look whether nvidia-smi lists it, and what CUDA_VISIBLE_DEVICES says. Or choose the device “cpu”.</source>
        <translation>请查看 nvidia-smi 是否列出该显卡，以及 CUDA_VISIBLE_DEVICES 的取值，或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>Look whether something is missing. The damaged file is kept beside the new one. A drive that damages files may fail: copy what matters to another one.</source>
        <translation>请检查是否有内容缺失。损坏的文件保留在新文件旁边。会损坏文件的磁盘可能即将失效：请将重要内容复制到另一块磁盘。</translation>
    </message>
    <message>
        <source>Make room on this drive and resume: the checkpoints that were kept are whole.</source>
        <translation>请在该磁盘上腾出空间后继续：已保存的检查点是完整的。</translation>
    </message>
    <message>
        <source>Make room on this drive and try again. Nothing was changed.</source>
        <translation>请在该磁盘上腾出空间后重试。没有做任何更改。</translation>
    </message>
    <message>
        <source>Make room on this drive, or choose another file with --out. The same command goes on where this one ended.</source>
        <translation>请在此磁盘上腾出空间，或用 --out 选择其他文件。同一条命令会从中断处继续。</translation>
    </message>
    <message>
        <source>Make room on this drive, or make the folder writable. Your conversations and the backups that there are stay as they were.</source>
        <translation>请在该磁盘上腾出空间，或让该文件夹可写。您的对话和已有的备份保持原样。</translation>
    </message>
    <message>
        <source>Make room on this drive, or see to it that you may write there; then try again. Nothing was changed.</source>
        <translation>请在此磁盘上腾出空间，或确认您有写入权限，然后重试。没有任何改动。</translation>
    </message>
    <message>
        <source>Make room on this drive: what is new stays in memory until then and is saved by itself. Leave the app open until this note is gone.</source>
        <translation>请在此磁盘上腾出空间：在此之前新内容保留在内存中，之后会自动保存。请在此提示消失之前不要关闭程序。</translation>
    </message>
    <message>
        <source>Make room there, or choose a folder on another drive.</source>
        <translation>请在那里腾出空间，或选择其他磁盘上的文件夹。</translation>
    </message>
    <message>
        <source>Make room there, or see to it that you may write to this folder.</source>
        <translation>请腾出空间，或确认您可以写入该文件夹。</translation>
    </message>
    <message>
        <source>Make room, or choose a folder that you may write to. Nothing of it is left there, and what was there stays as it was.</source>
        <translation>请腾出空间，或选择一个可写的文件夹。那里没有留下任何残余，原有的文件保持原样。</translation>
    </message>
    <message>
        <source>Make room, or connect the drive again, and go on with the import: what is copied is kept, and nothing was taken from the source.</source>
        <translation>请腾出空间或重新连接驱动器，然后继续导入：已复制的内容会保留，来源未被改动。</translation>
    </message>
    <message>
        <source>Mend it or take it out: docs/fine-tuning.md shows what data look like.</source>
        <translation>请修正或删去它：docs/fine-tuning.zh-CN.md 说明了数据的格式。</translation>
    </message>
    <message>
        <source>Mend the file, or delete it: the app then uses its usual folder.</source>
        <translation>请修复该文件，或将其删除：程序会改用默认文件夹。</translation>
    </message>
    <message>
        <source>Mend this, and go on with --resume from the checkpoint of step {kept}; what was learnt after it is lost.</source>
        <translation>请先排除此问题，再用 --resume 从第 {kept} 步的检查点继续；其后学到的内容已丢失。</translation>
    </message>
    <message>
        <source>Merge an adapter into a copy</source>
        <translation>将适配器合并到副本</translation>
    </message>
    <message>
        <source>Merge it into {model}, and quantise what this writes. With the quantised model, the adapter can be used without merging it.</source>
        <translation>请将它合并到{model}，再量化写出的副本。对这个量化模型，也可以不合并而直接使用适配器。</translation>
    </message>
    <message>
        <source>Merge it with the program that made it (merge_and_unload in PEFT), and open the folder that this writes.</source>
        <translation>请用生成它的程序合并（PEFT 的 merge_and_unload），再打开合并后写出的文件夹。</translation>
    </message>
    <message>
        <source>Merging an adapter into a copy</source>
        <translation>正在将适配器合并到副本</translation>
    </message>
    <message>
        <source>Messages from “user” are taken for questions, where the published fine-tune.py takes all that is not from “human” for answers: {count}, the first at {where}.</source>
        <translation>来自“user”的消息按提问处理，而官方 fine-tune.py 会把“human”以外的消息都当作回答：共 {count} 条，第一条在 {where}。</translation>
    </message>
    <message>
        <source>Models are not added, imported or removed here</source>
        <translation>本机不允许添加、导入或移除模型</translation>
    </message>
    <message>
        <source>Models do not run on other machines from here</source>
        <translation>本机不允许让模型在其他机器上运行</translation>
    </message>
    <message>
        <source>Models may be added, imported and removed.</source>
        <translation>可以添加、导入和移除模型。</translation>
    </message>
    <message>
        <source>Models may be fine-tuned.</source>
        <translation>可以微调模型。</translation>
    </message>
    <message>
        <source>Models may lie anywhere.</source>
        <translation>模型可以放在任何位置。</translation>
    </message>
    <message>
        <source>Models may lie nowhere, and so none is loaded.</source>
        <translation>没有允许存放模型的位置，因此不会加载任何模型。</translation>
    </message>
    <message>
        <source>Models may lie only below {folders}.</source>
        <translation>模型只能放在 {folders} 之下。</translation>
    </message>
    <message>
        <source>Models may not be added, imported or removed.</source>
        <translation>不可以添加、导入或移除模型。</translation>
    </message>
    <message>
        <source>Move a model</source>
        <translation>移动模型</translation>
    </message>
    <message>
        <source>Move an adapter</source>
        <translation>移动适配器</translation>
    </message>
    <message>
        <source>Move it away, or choose another model folder.</source>
        <translation>请将其移走，或另选一个模型存放文件夹。</translation>
    </message>
    <message>
        <source>Move it back to where it was, or take the model from the list and add it again.</source>
        <translation>请将其移回原处，或将该模型从列表中移除后重新添加。</translation>
    </message>
    <message>
        <source>Move the file away, and a new key is made; programs need the new one then.</source>
        <translation>请移走该文件，程序会生成新的密钥；此后其他程序需使用新密钥。</translation>
    </message>
    <message>
        <source>Moving a model</source>
        <translation>正在移动模型</translation>
    </message>
    <message>
        <source>Moving an adapter</source>
        <translation>正在移动适配器</translation>
    </message>
    <message>
        <source>Name a certificate chain and its private key, without a password, in PEM.</source>
        <translation>请指定 PEM 格式的证书链及其私钥，私钥不能有密码。</translation>
    </message>
    <message>
        <source>Name its folder, or add it: baichuan-desktop models add FOLDER. “baichuan-desktop models list” shows the adapters below their models.</source>
        <translation>请指定它的文件夹，或先添加它：baichuan-desktop models add FOLDER。“baichuan-desktop models list”会在模型下面列出其适配器。</translation>
    </message>
    <message>
        <source>Name one of them by its id.</source>
        <translation>请用其中一个的 ID 来指定。</translation>
    </message>
    <message>
        <source>Name the id of a model in the request.</source>
        <translation>请在请求中写明模型的 ID。</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>No adapter may be used.</source>
        <translation>不能使用任何适配器。</translation>
    </message>
    <message>
        <source>No answer can be held to this JSON schema: {reason}.</source>
        <translation>无法让回答符合这个 JSON schema：{reason}。</translation>
    </message>
    <message>
        <source>No backup of your conversations could be made in “{folder}”: {reason}.</source>
        <translation>无法在“{folder}”中备份您的对话：{reason}。</translation>
    </message>
    <message>
        <source>No checkpoint could be kept either: mend this, and begin anew.</source>
        <translation>检查点也未能保存：请先排除此问题，再重新开始。</translation>
    </message>
    <message>
        <source>No checkpoint is kept before the end: if it is interrupted, it begins anew.</source>
        <translation>结束之前不保留检查点：一旦中断就要从头开始。</translation>
    </message>
    <message>
        <source>No empty weights are written. Use the configuration ds_config.json of the app.</source>
        <translation>不会写入空的权重。请使用程序自带的配置 ds_config.json。</translation>
    </message>
    <message>
        <source>No example is held back, as nothing is evaluated.</source>
        <translation>没有评估，因此不留出样本。</translation>
    </message>
    <message>
        <source>No listed model fits the adapter “{folder}”, which does not say for which it was made.</source>
        <translation>列表中没有适合适配器“{folder}”的模型，它也没有说明是为哪个模型制作的。</translation>
    </message>
    <message>
        <source>No listed model fits the adapter “{folder}”, which was made for “{base}”.</source>
        <translation>列表中没有适合适配器“{folder}”的模型，它是为“{base}”制作的。</translation>
    </message>
    <message>
        <source>No model is fine-tuned here</source>
        <translation>此处不允许微调模型</translation>
    </message>
    <message>
        <source>No model is loaded in the window that serves.</source>
        <translation>提供服务的窗口中没有加载模型。</translation>
    </message>
    <message>
        <source>No model may be fine-tuned.</source>
        <translation>不得微调模型。</translation>
    </message>
    <message>
        <source>No model may be used, the guide that ships with the app neither.</source>
        <translation>不可以使用任何模型，随程序附带的内置助手也不可以。</translation>
    </message>
    <message>
        <source>No other program and no browser may be served.</source>
        <translation>不得向其他程序和浏览器提供服务。</translation>
    </message>
    <message>
        <source>No passage of “{name}” fits: beside your message, the system prompt and the answer there is room for {most} tokens.</source>
        <translation>“{name}”的任何一段都放不下：除去您的消息、系统提示词和回答，还剩 {most} 个词元。</translation>
    </message>
    <message>
        <source>No passage of “{name}” is chosen, so the model would be given nothing of it.</source>
        <translation>没有选择“{name}”的任何段落，模型将得不到其中的内容。</translation>
    </message>
    <message>
        <source>No precision may be used, and so no model is loaded.</source>
        <translation>不可以使用任何精度，因此不会加载任何模型。</translation>
    </message>
    <message>
        <source>No precision of a model is used here</source>
        <translation>本机不允许使用任何精度</translation>
    </message>
    <message>
        <source>No preset was taken from “{file}”: {reason}.</source>
        <translation>没有从“{file}”导入预设：{reason}。</translation>
    </message>
    <message>
        <source>Nothing can be written into “{folder}” ({reason}).</source>
        <translation>无法写入“{folder}”（{reason}）。</translation>
    </message>
    <message>
        <source>Nothing has to be accepted but the licences of the models.</source>
        <translation>除模型的许可协议外，无须接受其他条款。</translation>
    </message>
    <message>
        <source>Nothing is lost: all that was learnt is kept there. Mend this, and --resume writes the result.</source>
        <translation>没有丢失任何内容：学到的一切都保存在该文件夹中。排除此问题后，用 --resume 即可写出结果。</translation>
    </message>
    <message>
        <source>Nothing of it was executed or opened. Get the adapter from whoever made it, as a .safetensors file if there is one.</source>
        <translation>其中的内容没有被执行或打开。请向制作者获取这个适配器，有 .safetensors 文件时请用它。</translation>
    </message>
    <message>
        <source>Nothing that a model writes is run here</source>
        <translation>本机不允许运行模型写出的内容</translation>
    </message>
    <message>
        <source>Of its {all} chapters, {count} cannot be read.</source>
        <translation>共 {all} 章，其中 {count} 章无法读取。</translation>
    </message>
    <message>
        <source>Of its {all} pages, {count} cannot be read.</source>
        <translation>共 {all} 页，其中 {count} 页无法读取。</translation>
    </message>
    <message>
        <source>Of its {all} pages, {count} hold no text: they are pictures or empty.</source>
        <translation>共 {all} 页，其中 {count} 页没有文字：是图片或空白页。</translation>
    </message>
    <message>
        <source>Of {count} examples, {held} would be held back for evaluation, and none is left to learn from</source>
        <translation>{count} 个样本中将有 {held} 个留作评估，没有样本可供学习</translation>
    </message>
    <message>
        <source>Of “{name}” nothing was known before: its {count} files were read now, and a change is noticed from here on.</source>
        <translation>此前没有“{name}”的任何记录：现已读取其 {count} 个文件，今后的改动都能发现。</translation>
    </message>
    <message>
        <source>On the processor, which is many times slower.</source>
        <translation>在 CPU 上计算，会慢很多倍。</translation>
    </message>
    <message>
        <source>Only the administrator of this machine can mend it: “baichuan-desktop policy check FILE” names what is wrong.</source>
        <translation>只有本机的管理员能够修正：“baichuan-desktop policy check FILE”会指出错误所在。</translation>
    </message>
    <message>
        <source>Only these adapters may be used: {names}.</source>
        <translation>只能使用这些适配器：{names}。</translation>
    </message>
    <message>
        <source>Only these models may be used: {names}.</source>
        <translation>只能使用这些模型：{names}。</translation>
    </message>
    <message>
        <source>Only these precisions may be used: {allowed}.</source>
        <translation>只能使用这些精度：{allowed}。</translation>
    </message>
    <message>
        <source>Open a conversation that was answered. While a model is loaded, wait for that.</source>
        <translation>请打开一个已有回答的对话；如果模型正在加载，请等待加载完成。</translation>
    </message>
    <message>
        <source>Open it in Office, WPS or LibreOffice, save it as .docx, .xlsx or .pptx, and attach that file.</source>
        <translation>请用 Office、WPS 或 LibreOffice 打开，另存为 .docx、.xlsx 或 .pptx，再附加那个文件。</translation>
    </message>
    <message>
        <source>Open it in the program it was made with, save it again, and attach that file.</source>
        <translation>请用制作它的程序打开并重新保存，再附加那个文件。</translation>
    </message>
    <message>
        <source>Open it in the program it was made with, save it without a password, and attach that file.</source>
        <translation>请用制作它的程序打开，去掉密码后另存，再附加那个文件。</translation>
    </message>
    <message>
        <source>Open the model that it was made for, and add the adapter to that one: baichuan-desktop models add FOLDER.</source>
        <translation>请打开它所适配的模型，并把这个适配器添加给该模型：baichuan-desktop models add FOLDER。</translation>
    </message>
    <message>
        <source>OpenDocument and .xlsb are not read</source>
        <translation>不支持读取 OpenDocument 和 .xlsb</translation>
    </message>
    <message>
        <source>Other machines are reached by ssh, which cannot be started ({reason})</source>
        <translation>需要通过 ssh 连接其他机器，但无法启动 ssh（{reason}）</translation>
    </message>
    <message>
        <source>Other programs and browsers may be served.</source>
        <translation>可以向其他程序和浏览器提供服务。</translation>
    </message>
    <message>
        <source>Paste what it shall read into the field, use it as a chat model (menu File), or choose a chat model.</source>
        <translation>请把要读的内容粘贴到输入框、将它用作对话模型（菜单“文件”），或选择一个对话模型。</translation>
    </message>
    <message>
        <source>Paused at step {step}</source>
        <translation>已在第 {step} 步暂停</translation>
    </message>
    <message>
        <source>Pictures, charts and diagrams in it are not read: {count}.</source>
        <translation>其中的图片、图表和示意图未读取，共 {count} 个。</translation>
    </message>
    <message>
        <source>Places in it that are no text in its encoding: {count}.</source>
        <translation>其中不符合其编码、无法读出的位置：{count} 处。</translation>
    </message>
    <message>
        <source>Places that are no text in the encoding that was chosen: {count}.</source>
        <translation>按所选编码无法识别的位置，共 {count} 处。</translation>
    </message>
    <message>
        <source>Process {rank} of the training ended unexpectedly (exit code {code}), and the others with it.</source>
        <translation>微调的进程 {rank} 意外结束（退出码 {code}），其他进程也随之结束。</translation>
    </message>
    <message>
        <source>PyYAML, which reads it, is not installed</source>
        <translation>没有安装读取它所需的 PyYAML</translation>
    </message>
    <message>
        <source>QLoRA, with the values published for Baichuan 2</source>
        <translation>QLoRA：沿用 Baichuan 2 官方数值</translation>
    </message>
    <message>
        <source>QLoRA, with the values published for Baichuan-13B</source>
        <translation>QLoRA：沿用 Baichuan-13B 官方数值</translation>
    </message>
    <message>
        <source>Questions without a finished answer: {count} left out, the first at {where}.</source>
        <translation>没有完整回答的提问：略去 {count} 个，第一个在 {where}。</translation>
    </message>
    <message>
        <source>RTF is not read</source>
        <translation>不支持读取 RTF</translation>
    </message>
    <message>
        <source>Raise that limit, or choose a smaller context length or model.</source>
        <translation>请提高该限制，或选择更短的上下文或更小的模型。</translation>
    </message>
    <message>
        <source>Raise that limit, or run the model in another way. {runs}</source>
        <translation>请提高该限制，或以其他方式运行模型。{runs}</translation>
    </message>
    <message>
        <source>Read it and accept it: baichuan-desktop models licence {model} --accept</source>
        <translation>阅读并接受：baichuan-desktop models licence {model} --accept</translation>
    </message>
    <message>
        <source>Reading the copy back</source>
        <translation>正在回读副本</translation>
    </message>
    <message>
        <source>Reading the data</source>
        <translation>正在读取数据</translation>
    </message>
    <message>
        <source>Reading “{name}” took longer than {seconds:.0f} seconds, and was ended.</source>
        <translation>读取“{name}”超过了 {seconds:.0f} 秒，已中止。</translation>
    </message>
    <message>
        <source>Remove it from the message, or attach another file.</source>
        <translation>请将它从消息中移除，或附加另一个文件。</translation>
    </message>
    <message>
        <source>Remove the documents and paste what matters, or load the model again.</source>
        <translation>请移除文档并粘贴要点，或重新加载模型。</translation>
    </message>
    <message>
        <source>Repetition penalty</source>
        <translation>重复惩罚</translation>
    </message>
    <message>
        <source>Restart the machine, as after each new driver. Or choose the device “cpu”.</source>
        <translation>每次更新驱动程序后都需要重启：请重启电脑，或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>Restart the machine. Or choose the device “cpu”.</source>
        <translation>请重启电脑，或选择设备“cpu”。</translation>
    </message>
    <message>
        <source>Resume with the settings it was begun with, or begin anew in another folder.</source>
        <translation>请用开始时的设置继续，或在其他文件夹中重新开始。</translation>
    </message>
    <message>
        <source>Rounds that a person left out of the prompt: {count} not learnt, the first at {where}.</source>
        <translation>用户从提示词中略去的轮次：{count} 轮不参与学习，第一轮在 {where}。</translation>
    </message>
    <message>
        <source>Rows with an empty instruction or an empty answer: {count} left out, the first at {where}.</source>
        <translation>指令或回答为空的数据：略去 {count} 条，第一条在 {where}。</translation>
    </message>
    <message>
        <source>Save it once more as a plain LoRA adapter: save_pretrained of PEFT with path_initial_model_for_weight_conversion.</source>
        <translation>请把它重新保存为普通的 LoRA 适配器：使用 PEFT 的 save_pretrained，并给出 path_initial_model_for_weight_conversion。</translation>
    </message>
    <message>
        <source>Say for which one: baichuan-desktop models add FOLDER --base {id}</source>
        <translation>请说明是哪一个：baichuan-desktop models add FOLDER --base {id}</translation>
    </message>
    <message>
        <source>Sheets that are hidden are read too: {count}.</source>
        <translation>隐藏的工作表也已读取：{count} 个。</translation>
    </message>
    <message>
        <source>Shift-JIS (Japanese)</source>
        <translation>Shift-JIS（日文）</translation>
    </message>
    <message>
        <source>Slides that are hidden are read too: {count}.</source>
        <translation>隐藏的幻灯片也已读取：{count} 张。</translation>
    </message>
    <message>
        <source>Start it again; what was asked of it has to be asked again.</source>
        <translation>请重新启动；此前的请求需要重新发送。</translation>
    </message>
    <message>
        <source>Start the app with QT_IM_MODULE=ibus in its environment: Fcitx 5 answers to that name too.</source>
        <translation>请在环境变量 QT_IM_MODULE=ibus 下启动本程序：Fcitx 5 也支持这种方式。</translation>
    </message>
    <message>
        <source>Start the app with QT_IM_MODULE={value} in its environment.</source>
        <translation>请在环境变量 QT_IM_MODULE={value} 下启动本程序。</translation>
    </message>
    <message>
        <source>State of AdamW</source>
        <translation>AdamW 的状态</translation>
    </message>
    <message>
        <source>Step {step} of {total}</source>
        <translation>第 {step} 步，共 {total} 步</translation>
    </message>
    <message>
        <source>Step {step} of {total}, loss {loss:.3f}</source>
        <translation>第 {step} 步，共 {total} 步，损失 {loss:.3f}</translation>
    </message>
    <message>
        <source>Stopped at step {step}; no checkpoint was kept</source>
        <translation>已在第 {step} 步停止；没有保留检查点</translation>
    </message>
    <message>
        <source>Stopped at step {step}; the checkpoint of step {kept} is kept</source>
        <translation>已在第 {step} 步停止；保留了第 {kept} 步的检查点</translation>
    </message>
    <message>
        <source>System messages are learnt as answers, as by the published fine-tune.py: {count}, the first at {where}; masking as chat models are prompted learns answers alone.</source>
        <translation>系统消息按官方 fine-tune.py 的做法作为回答学习：共 {count} 条，第一条在 {where}；改用对话模型提示词方式的掩码则只学习回答。</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>System prompts are not used, as the published format has none: {count}, the first at {where}; masking as chat models are prompted has them.</source>
        <translation>官方格式没有系统提示词，因此不使用：共 {count} 个，第一个在 {where}；改用对话模型提示词方式的掩码则会使用。</translation>
    </message>
    <message>
        <source>Take it from the list first, or copy it.</source>
        <translation>请先将其从列表中移除，或改用复制。</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Text of any kind, .docx, .xlsx, .pptx, .pdf, .html and .epub are read.</source>
        <translation>可以读取各种文本文件，以及 .docx、.xlsx、.pptx、.pdf、.html 和 .epub。</translation>
    </message>
    <message>
        <source>Texts that a model continued are no conversations: {count} left out, the first at {where}.</source>
        <translation>由模型续写的文本不是对话：略去 {count} 个，第一个在 {where}。</translation>
    </message>
    <message>
        <source>That the licence was accepted cannot be written to “{file}”: {reason}.</source>
        <translation>无法将接受许可协议的记录写入“{file}”：{reason}。</translation>
    </message>
    <message>
        <source>The NVIDIA driver of this machine is too old for the installed PyTorch {version}: {text}.</source>
        <translation>本机的 NVIDIA 驱动程序对安装的 PyTorch {version} 来说太旧：{text}。</translation>
    </message>
    <message>
        <source>The adapter does not say which model it was made for; that its sizes fit was checked.</source>
        <translation>适配器没有说明它是为哪个模型制作的；已检查过尺寸相符。</translation>
    </message>
    <message>
        <source>The adapter in “{folder}” is not used here</source>
        <translation>本机不允许使用“{folder}”中的适配器</translation>
    </message>
    <message>
        <source>The adapter needs {need:.1f} GiB on {device}, but only {free:.1f} GiB is free.</source>
        <translation>适配器在 {device} 上需要 {need:.1f} GiB，但只有 {free:.1f} GiB 空闲。</translation>
    </message>
    <message>
        <source>The adapter that lies beside the weights is used only where it is chosen.</source>
        <translation>权重旁边的适配器只有在选择它时才会使用。</translation>
    </message>
    <message>
        <source>The adapter was made for the quantised weights of {base}; with those of this model, answers may differ a little.</source>
        <translation>适配器是为 {base} 的量化权重制作的；用于这个模型的权重时，回答可能略有不同。</translation>
    </message>
    <message>
        <source>The adapter was made for “{base}”; that this is the same model could not be checked, only that its sizes fit.</source>
        <translation>适配器是为“{base}”制作的；无法检查是否就是这个模型，只检查过尺寸相符。</translation>
    </message>
    <message>
        <source>The adapter “{adapter}” adds to the output head, whose rows a Baichuan 2 model normalises as it loads: merged, it would answer differently.</source>
        <translation>适配器“{adapter}”修改输出层，而 Baichuan 2 模型在加载时会对输出层逐行归一化：合并后回答会不同。</translation>
    </message>
    <message>
        <source>The adapter “{folder}” cannot be read: {reason}</source>
        <translation>适配器“{folder}”无法读取：{reason}</translation>
    </message>
    <message>
        <source>The adapter “{folder}” does not fit the model “{model}”: {what}.</source>
        <translation>适配器“{folder}”不适合模型“{model}”：{what}。</translation>
    </message>
    <message>
        <source>The adapter “{folder}” fits {count} listed models, and says of none that it was made for it: {ids}.</source>
        <translation>适配器“{folder}”适合列表中的 {count} 个模型，但没有说明是为其中哪一个制作的：{ids}。</translation>
    </message>
    <message>
        <source>The adapter “{folder}” {what}.</source>
        <translation>适配器“{folder}”{what}。</translation>
    </message>
    <message>
        <source>The administrator&apos;s policy in {file} is in force.</source>
        <translation>{file} 中的管理员策略正在生效。</translation>
    </message>
    <message>
        <source>The administrator&apos;s policy in {file} is in force; whom to ask: {contact}.</source>
        <translation>{file} 中的管理员策略正在生效；联系人：{contact}。</translation>
    </message>
    <message>
        <source>The app serves no other program here</source>
        <translation>本机不允许本程序为其他程序提供服务</translation>
    </message>
    <message>
        <source>The backup cannot be unpacked in “{folder}”: {reason}.</source>
        <translation>无法在“{folder}”中解开备份：{reason}。</translation>
    </message>
    <message>
        <source>The backup cannot be written to “{file}”: {reason}.</source>
        <translation>无法将备份写入“{file}”：{reason}。</translation>
    </message>
    <message>
        <source>The best checkpoint is asked for, and not each checkpoint is evaluated</source>
        <translation>要求取最佳检查点，但并非每个检查点都做评估</translation>
    </message>
    <message>
        <source>The best checkpoint is asked for, and nothing is evaluated</source>
        <translation>要求取最佳检查点，但没有做评估</translation>
    </message>
    <message>
        <source>The bundle cannot be written to “{file}”: {reason}.</source>
        <translation>无法将支持信息包写入“{file}”：{reason}。</translation>
    </message>
    <message>
        <source>The checkpoint that was kept last stays in the folder of the result; the training can go on from there.</source>
        <translation>最后保留的检查点仍在结果文件夹中，微调可以从那里继续。</translation>
    </message>
    <message>
        <source>The checkpoint with the least loss of evaluation (step {best}) is not there any more, so these are the weights of the last step.</source>
        <translation>评估损失最小的检查点（第 {best} 步）已不存在，因此采用最后一步的权重。</translation>
    </message>
    <message>
        <source>The configuration of DeepSpeed “{file}” cannot be used: {what}.</source>
        <translation>无法使用 DeepSpeed 配置“{file}”：{what}。</translation>
    </message>
    <message>
        <source>The conversation</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>The drive of “{folder}” is full, so conversations cannot be saved.</source>
        <translation>“{folder}”所在的磁盘已满，无法保存对话。</translation>
    </message>
    <message>
        <source>The drive “{drive}” does not answer.</source>
        <translation>驱动器“{drive}”没有响应。</translation>
    </message>
    <message>
        <source>The drive, or a limit that is set here, allows no file of this size. A drive formatted as FAT32 holds files of less than 4 GiB: choose another one.</source>
        <translation>该驱动器或此处设置的限制不允许这么大的文件。FAT32 格式的驱动器只能存放小于 4 GiB 的文件：请另选一个驱动器。</translation>
    </message>
    <message>
        <source>The driver of {device} runs CUDA {has} at most, but the installed torch is built for CUDA {cuda}.</source>
        <translation>{device} 的驱动程序最高支持 CUDA {has}，而已安装的 torch 是为 CUDA {cuda} 构建的。</translation>
    </message>
    <message>
        <source>The file may be damaged: open it in the program it was made with, save it again, and attach that file.</source>
        <translation>文件可能已损坏：请用制作它的程序打开并重新保存，再附加那个文件。</translation>
    </message>
    <message>
        <source>The file of your conversations was damaged: {messages} messages in {conversations} conversations could be kept; {rest}.</source>
        <translation>您的对话文件已损坏：保住了 {conversations} 个对话中的 {messages} 条消息；{rest}。</translation>
    </message>
    <message>
        <source>The file “{file}” of the adapter “{folder}” cannot be used: {what}.</source>
        <translation>适配器“{folder}”的文件“{file}”无法使用：{what}。</translation>
    </message>
    <message>
        <source>The files were kept. To delete them for good: baichuan-desktop models remove ID --delete.</source>
        <translation>文件已保留。如需永久删除：baichuan-desktop models remove ID --delete。</translation>
    </message>
    <message>
        <source>The first process of the training ended without a word.</source>
        <translation>微调的第一个进程未作任何说明便已结束。</translation>
    </message>
    <message>
        <source>The folder of “{name}” {what}.</source>
        <translation>“{name}”的文件夹{what}。</translation>
    </message>
    <message>
        <source>The folder with your conversations, “{folder}”, is not here.</source>
        <translation>存放您对话的文件夹“{folder}”不在。</translation>
    </message>
    <message>
        <source>The folder “{folder}” is not there any more.</source>
        <translation>文件夹“{folder}”已不存在。</translation>
    </message>
    <message>
        <source>The gradients</source>
        <translation>梯度</translation>
    </message>
    <message>
        <source>The guide forgets its own answers unless they are among the data.</source>
        <translation>数据中若没有内置助手自己的回答，它会忘记这些回答。</translation>
    </message>
    <message>
        <source>The guide model is a part of the app and cannot be renamed.</source>
        <translation>内置助手模型是程序的一部分，不能重命名。</translation>
    </message>
    <message>
        <source>The guide that ships with the app lies in “{folder}”, below none of them.</source>
        <translation>随程序附带的内置助手位于“{folder}”，不在上述任何文件夹之下。</translation>
    </message>
    <message>
        <source>The guide that ships with the app, “baichuan-guide”, is not among them.</source>
        <translation>随程序附带的内置助手“baichuan-guide”不在其中。</translation>
    </message>
    <message>
        <source>The guide&apos;s own answers are learnt too, so that it keeps them.</source>
        <translation>内置助手自己的回答也会一同学习，使它不会忘记。</translation>
    </message>
    <message>
        <source>The hostfile gives this machine {slots} processes, and the settings {wanted}</source>
        <translation>hostfile 为本机指定了 {slots} 个进程，而设置中为 {wanted} 个</translation>
    </message>
    <message>
        <source>The id {token_id} in the prompt is no token of this model.</source>
        <translation>提示词中的 ID {token_id} 不是此模型的词元。</translation>
    </message>
    <message>
        <source>The id {token_id} is no token of this model.</source>
        <translation>ID {token_id} 不是此模型的词元。</translation>
    </message>
    <message>
        <source>The installed PyTorch {version} has no code for {device} (compute capability {kind}).</source>
        <translation>安装的 PyTorch {version} 不含可在 {device}（计算能力 {kind}）上运行的代码。</translation>
    </message>
    <message>
        <source>The installed PyTorch {version} is built without CUDA, so it uses no card.</source>
        <translation>安装的 PyTorch {version} 不带 CUDA，因此不会使用显卡。</translation>
    </message>
    <message>
        <source>The installed bitsandbytes does not work on {device}: {text}.</source>
        <translation>已安装的 bitsandbytes 无法在 {device} 上工作：{text}。</translation>
    </message>
    <message>
        <source>The key in “{file}” cannot be used: {reason}.</source>
        <translation>“{file}”中的密钥无法使用：{reason}。</translation>
    </message>
    <message>
        <source>The learning rate is constant from the first step on: there is no warm-up.</source>
        <translation>学习率从第一步起就是常数：没有预热。</translation>
    </message>
    <message>
        <source>The libraries</source>
        <translation>程序库</translation>
    </message>
    <message>
        <source>The licence of {name} has not been accepted yet.</source>
        <translation>尚未接受 {name} 的许可协议。</translation>
    </message>
    <message>
        <source>The list of models and adapters</source>
        <translation>模型和适配器列表</translation>
    </message>
    <message>
        <source>The loss of step {step} is not a number: the training ran out of bounds.</source>
        <translation>第 {step} 步的损失不是有效数值（NaN 或无穷大）：训练已发散。</translation>
    </message>
    <message>
        <source>The memory of {device} ran out.</source>
        <translation>{device} 的显存已用尽。</translation>
    </message>
    <message>
        <source>The memory of {device} ran out: {free:.1f} GiB of its {total:.1f} GiB is free.</source>
        <translation>{device} 的显存已用尽：共 {total:.1f} GiB，可用 {free:.1f} GiB。</translation>
    </message>
    <message>
        <source>The message has more than {most} variables.</source>
        <translation>消息中的变量超过 {most} 个。</translation>
    </message>
    <message>
        <source>The messages are not a list of entries with a “role” and a “content” that are text.</source>
        <translation>消息不是由“role”和“content”均为文本的条目组成的列表。</translation>
    </message>
    <message>
        <source>The model answers without an adapter now.</source>
        <translation>模型现在不使用适配器回答。</translation>
    </message>
    <message>
        <source>The model has no matrices “{target}”; the nearest is “{near}”, and there are {names}</source>
        <translation>模型中没有名为“{target}”的矩阵；最接近的是“{near}”，可选的有 {names}</translation>
    </message>
    <message>
        <source>The model has no matrices “{target}”; there are {names}</source>
        <translation>模型中没有名为“{target}”的矩阵；可选的有 {names}</translation>
    </message>
    <message>
        <source>The model in “{folder}” is not used here</source>
        <translation>本机不允许使用“{folder}”中的模型</translation>
    </message>
    <message>
        <source>The model stays listed. Check the drive, and your rights to the folder.</source>
        <translation>模型仍在列表中。请检查驱动器，以及您对该文件夹的权限。</translation>
    </message>
    <message>
        <source>The model was copied, and is listed. Delete the source by hand.</source>
        <translation>模型已复制并列入列表。请手动删除来源。</translation>
    </message>
    <message>
        <source>The model&apos;s weights were changed since the export in “{folder}” was made.</source>
        <translation>自生成“{folder}”中的导出以来，模型的权重已更改。</translation>
    </message>
    <message>
        <source>The number of likeliest tokens</source>
        <translation>最可能的词元数</translation>
    </message>
    <message>
        <source>The number of new tokens</source>
        <translation>新词元数</translation>
    </message>
    <message>
        <source>The number of threads must be from 1 to {most}, not {value}.</source>
        <translation>线程数必须在 1 到 {most} 之间，而不是 {value}。</translation>
    </message>
    <message>
        <source>The part of the training on “{address}” ended unexpectedly (exit code {code}), and the rest with it.</source>
        <translation>“{address}”上的微调部分意外结束（退出码 {code}），其余部分也随之结束。</translation>
    </message>
    <message>
        <source>The parts of the NVIDIA driver are of different versions: {text}.</source>
        <translation>NVIDIA 驱动程序各部分的版本不一致：{text}。</translation>
    </message>
    <message>
        <source>The policy of this machine, {file}, cannot be used ({wrong}), so everything that a policy can turn off is off for everybody here.</source>
        <translation>本机的策略 {file} 无法使用（{wrong}），因此凡是策略可以关闭的功能，在本机上对所有人都已关闭。</translation>
    </message>
    <message>
        <source>The precision {precision} is not used here, only {allowed}</source>
        <translation>本机不允许使用精度 {precision}，只能使用 {allowed}</translation>
    </message>
    <message>
        <source>The preset “{preset}” needs a value for “{name}”.</source>
        <translation>预设“{preset}”需要填写“{name}”。</translation>
    </message>
    <message>
        <source>The presets cannot be written to “{file}”: {reason}.</source>
        <translation>无法把预设写入“{file}”：{reason}。</translation>
    </message>
    <message>
        <source>The process that fine-tunes ended unexpectedly ({cause}).</source>
        <translation>微调进程意外结束（{cause}）。</translation>
    </message>
    <message>
        <source>The report of “baichuan-desktop doctor” says what to install for it.</source>
        <translation>“baichuan-desktop doctor”的报告会说明需要安装什么。</translation>
    </message>
    <message>
        <source>The request names no model, and none is loaded.</source>
        <translation>请求没有写明模型，也没有加载任何模型。</translation>
    </message>
    <message>
        <source>The requests in “{file}” cannot be read: {reason}.</source>
        <translation>无法读取“{file}”中的请求：{reason}。</translation>
    </message>
    <message>
        <source>The result is that of the last step: with DeepSpeed no checkpoints are kept, among which one could be the best.</source>
        <translation>结果取自最后一步：使用 DeepSpeed 时不保留检查点，也就无从挑选最佳的一个。</translation>
    </message>
    <message>
        <source>The result would lie in the folder of “{name}”, which stays as it is</source>
        <translation>结果会落在“{name}”的文件夹中，而该文件夹须保持不变</translation>
    </message>
    <message>
        <source>The same adapter on a model in 4 bits: a third of the memory, and slower.</source>
        <translation>同样的适配器，模型以 4 位存放：内存约为三分之一，速度更慢。</translation>
    </message>
    <message>
        <source>The seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>The server cannot listen on port {port}: {reason}.</source>
        <translation>服务器无法监听端口 {port}：{reason}。</translation>
    </message>
    <message>
        <source>The server has ended by itself.</source>
        <translation>服务器已自行结束。</translation>
    </message>
    <message>
        <source>The server needs {library}, which is not installed.</source>
        <translation>服务器需要 {library}，但没有安装它。</translation>
    </message>
    <message>
        <source>The share that is held back is {share}, which is not from 0 to below 1</source>
        <translation>留作评估的比例为 {share}，应不小于 0 且小于 1</translation>
    </message>
    <message>
        <source>The system prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>The system prompt with your message and the answer so far</source>
        <translation>系统提示词加上您的消息和已有的回答</translation>
    </message>
    <message>
        <source>The tokens of the documents cannot be counted for this model, so nobody can say how much of them it would be given.</source>
        <translation>无法为此模型计算文档的词元数，因此无法说明会提供多少内容。</translation>
    </message>
    <message>
        <source>The training in “{folder}” cannot go on so: {what}.</source>
        <translation>“{folder}”中的微调不能这样继续：{what}。</translation>
    </message>
    <message>
        <source>The training is done, but its result cannot be written into “{folder}”: {reason}</source>
        <translation>微调已完成，但结果无法写入“{folder}”：{reason}</translation>
    </message>
    <message>
        <source>The variable {variable} hides every NVIDIA card of this machine.</source>
        <translation>环境变量 {variable} 隐藏了本机的所有 NVIDIA 显卡。</translation>
    </message>
    <message>
        <source>The weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>The {name} is {value}, and must be above 0</source>
        <translation>{name}为 {value}，但必须大于 0</translation>
    </message>
    <message>
        <source>The {name} is {value}, and must be at least {low}</source>
        <translation>{name}为 {value}，但不得小于 {low}</translation>
    </message>
    <message>
        <source>The {name} is {value}, and must be from 0 to less than 1</source>
        <translation>{name}为 {value}，但必须大于等于 0 且小于 1</translation>
    </message>
    <message>
        <source>The {name} is {value}, and must be from {low} to {high}</source>
        <translation>{name}为 {value}，但必须在 {low} 到 {high} 之间</translation>
    </message>
    <message>
        <source>The {name} is {value}, and must not be below 0</source>
        <translation>{name}为 {value}，但不得小于 0</translation>
    </message>
    <message>
        <source>There are no earlier messages here that a model would be given, so none can be left out.</source>
        <translation>这里没有会送入模型的更早消息，因此没有可以选择不送入的内容。</translation>
    </message>
    <message>
        <source>There are {most} presets, which is the most that there can be.</source>
        <translation>已有 {most} 个预设，达到上限。</translation>
    </message>
    <message>
        <source>There is a preset “{name}” already.</source>
        <translation>已经有名为“{name}”的预设。</translation>
    </message>
    <message>
        <source>There is no NVIDIA driver on this machine, or it is not running.</source>
        <translation>本机没有 NVIDIA 驱动程序，或驱动程序没有运行。</translation>
    </message>
    <message>
        <source>There is no adapter “{id}” in the list.</source>
        <translation>列表中没有适配器“{id}”。</translation>
    </message>
    <message>
        <source>There is no adapter “{id}”, the closest is “{near}”.</source>
        <translation>没有适配器“{id}”，最接近的是“{near}”。</translation>
    </message>
    <message>
        <source>There is no folder “{folder}” now.</source>
        <translation>目前没有文件夹“{folder}”。</translation>
    </message>
    <message>
        <source>There is no policy on this machine.</source>
        <translation>本机没有策略。</translation>
    </message>
    <message>
        <source>There is no preset “{name}”.</source>
        <translation>没有名为“{name}”的预设。</translation>
    </message>
    <message>
        <source>There is nothing to export: no conversation was chosen, or it was deleted meanwhile.</source>
        <translation>没有可导出的内容：没有选择对话，或对话已被删除。</translation>
    </message>
    <message>
        <source>This answer has no end.</source>
        <translation>此回答没有结束。</translation>
    </message>
    <message>
        <source>This card does not compute in bf16</source>
        <translation>此显卡不支持 bf16 计算</translation>
    </message>
    <message>
        <source>This is a base model: it goes on with a text, and knows no turns of a conversation.</source>
        <translation>这是基座模型：它续写文本，没有对话轮次。</translation>
    </message>
    <message>
        <source>This model answers each message by itself and knows nothing said before.</source>
        <translation>此模型单独回答每条消息，不知道之前说过的内容。</translation>
    </message>
    <message>
        <source>This model continues a text, and is not given documents.</source>
        <translation>此模型用于续写文本，不接收文档。</translation>
    </message>
    <message>
        <source>This model knows the last {count} turns of a conversation, your newest message among them, and nothing said before.</source>
        <translation>此模型只知道对话的最后 {count} 轮（包括您最新的消息），不知道更早的内容。</translation>
    </message>
    <message>
        <source>This processor has no instruction for bf16 products: it computes in bf16 as asked, in less memory than fp32 and more slowly.</source>
        <translation>此 CPU 没有 bf16 乘法指令：按要求以 bf16 计算，比 fp32 省内存，但更慢。</translation>
    </message>
    <message>
        <source>This program holds its own torch: install NVIDIA&apos;s driver {least} or newer, and run the app from its source, where torch for CUDA {cuda} can be installed.</source>
        <translation>本程序自带 torch：请安装 {least} 或更新版本的 NVIDIA 驱动程序，并从源代码运行应用，在那里可以安装支持 CUDA {cuda} 的 torch。</translation>
    </message>
    <message>
        <source>This program holds its own torch: run the app from its source, where torch for CUDA {cuda} can be installed.</source>
        <translation>本程序自带 torch：请从源代码运行应用，在那里可以安装支持 CUDA {cuda} 的 torch。</translation>
    </message>
    <message>
        <source>Those of the published projects ship with the app: docs/fine-tuning.md names them.</source>
        <translation>程序自带已发布项目的配置：名称见 docs/fine-tuning.zh-CN.md。</translation>
    </message>
    <message>
        <source>Those that there are: baichuan-desktop presets list</source>
        <translation>查看全部预设：baichuan-desktop presets list</translation>
    </message>
    <message>
        <source>To have it allowed, ask {contact}.</source>
        <translation>如需使用，请联系 {contact}。</translation>
    </message>
    <message>
        <source>Together they need {need:.1f} GiB of the machine&apos;s memory, of which {free:.1f} GiB can be used: they are answered one after the other.</source>
        <translation>两者共需 {need:.1f} GiB 内存，而可用的为 {free:.1f} GiB：将依次回答。</translation>
    </message>
    <message>
        <source>Together they need {need:.1f} GiB of {device}, of which {free:.1f} GiB can be used: they are answered one after the other.</source>
        <translation>两者共需 {device} 的 {need:.1f} GiB 显存，而可用的为 {free:.1f} GiB：将依次回答。</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Turned off or restricted for later versions, as this one has nothing of the kind: {names}.</source>
        <translation>以下各项是为以后的版本关闭或限制的，本版本没有这类功能：{names}。</translation>
    </message>
    <message>
        <source>UTF-16 BE (Unicode)</source>
        <translation>UTF-16 BE（Unicode）</translation>
    </message>
    <message>
        <source>UTF-16 LE (Unicode)</source>
        <translation>UTF-16 LE（Unicode）</translation>
    </message>
    <message>
        <source>UTF-32 BE (Unicode)</source>
        <translation>UTF-32 BE（Unicode）</translation>
    </message>
    <message>
        <source>UTF-32 LE (Unicode)</source>
        <translation>UTF-32 LE（Unicode）</translation>
    </message>
    <message>
        <source>UTF-8 (Unicode)</source>
        <translation>UTF-8（Unicode）</translation>
    </message>
    <message>
        <source>Unchanged since first read here: {count} files.</source>
        <translation>自首次在本机读取以来未变：{count} 个文件。</translation>
    </message>
    <message>
        <source>Unpack it, and attach the files that are in it.</source>
        <translation>请先解压，再附加其中的文件。</translation>
    </message>
    <message>
        <source>Use IBus or Fcitx 5, and start the app with QT_IM_MODULE=ibus.</source>
        <translation>请改用 IBus 或 Fcitx 5，并在环境变量 QT_IM_MODULE=ibus 下启动本程序。</translation>
    </message>
    <message>
        <source>Use LoRA, or a configuration with ZeRO-2 such as deepspeed.json.</source>
        <translation>请使用 LoRA，或使用 ZeRO-2 的配置（例如 deepspeed.json）。</translation>
    </message>
    <message>
        <source>Use a smaller learning rate, a warm-up, or bf16 in place of fp16; what was kept before it can be resumed.</source>
        <translation>请使用更小的学习率、预热，或以 bf16 代替 fp16；在此之前保存的检查点可以继续。</translation>
    </message>
    <message>
        <source>Use it with the model that it was made for.</source>
        <translation>请把它用于它所适配的模型。</translation>
    </message>
    <message>
        <source>Use model.generate, or a chat model.</source>
        <translation>请使用 model.generate，或者使用对话模型。</translation>
    </message>
    <message>
        <source>Use the adapter with the model, without merging it, or export the model with it for ONNX Runtime.</source>
        <translation>请不合并而直接在模型上使用适配器，或导出合并了适配器的 ONNX 导出模型。</translation>
    </message>
    <message>
        <source>Verify it again: baichuan-desktop models verify {id}.</source>
        <translation>请重新校验：baichuan-desktop models verify {id}。</translation>
    </message>
    <message>
        <source>Verify it against that list: baichuan-desktop models verify {id} --against SHA256SUMS.</source>
        <translation>请对照该清单校验：baichuan-desktop models verify {id} --against SHA256SUMS。</translation>
    </message>
    <message>
        <source>Verify the files</source>
        <translation>校验文件</translation>
    </message>
    <message>
        <source>Verify the model with the newer version of the app.</source>
        <translation>请用较新版本的程序校验该模型。</translation>
    </message>
    <message>
        <source>Verifying the adapter found that files are wrong: {names}.</source>
        <translation>校验适配器时发现文件有误：{names}。</translation>
    </message>
    <message>
        <source>Verifying the files</source>
        <translation>正在校验文件</translation>
    </message>
    <message>
        <source>Verifying the model found that files are wrong: {names}.</source>
        <translation>校验模型时发现文件有误：{names}。</translation>
    </message>
    <message>
        <source>Verifying “{model_id}” has not failed: there is nothing to override.</source>
        <translation>校验“{model_id}”并未失败，没有需要放行的内容。</translation>
    </message>
    <message>
        <source>Verifying “{name}” failed: one of its files is not what it should be.</source>
        <translation>“{name}”校验失败：有一个文件与应有的内容不符。</translation>
    </message>
    <message>
        <source>Verifying “{name}” failed: {count} of its files are not what they should be.</source>
        <translation>“{name}”校验失败：有 {count} 个文件与应有的内容不符。</translation>
    </message>
    <message>
        <source>Wait until it ends, or choose another folder.</source>
        <translation>请等它结束，或另选一个文件夹。</translation>
    </message>
    <message>
        <source>Wait until nothing writes to the folder, and import it again.</source>
        <translation>请等到没有程序写入该文件夹后，再重新导入。</translation>
    </message>
    <message>
        <source>What can be read is shown. The file “{file}” stays as it is until you change a preset; then it is kept under another name beside the new one.</source>
        <translation>能读取的部分已显示。在您修改预设之前，文件“{file}”保持原样；修改后，它会以另一个名称保留在新文件旁边。</translation>
    </message>
    <message>
        <source>What is copied so far is kept; the import can go on later.</source>
        <translation>已复制的内容会保留，以后可以继续导入。</translation>
    </message>
    <message>
        <source>What is given of the documents takes {tokens} tokens, and beside your message, the system prompt and the answer there is room for {most}.</source>
        <translation>要提供的文档内容占 {tokens} 个词元，而除去您的消息、系统提示词和回答，只剩 {most} 个词元。</translation>
    </message>
    <message>
        <source>What is here is as it was, and the other parts were restored. Restoring the same backup again adds what is missing.</source>
        <translation>这里原有的内容保持不变，其余部分已恢复。再次恢复同一备份会补上缺少的内容。</translation>
    </message>
    <message>
        <source>What is known of the model&apos;s files cannot be kept in “{folder}”: {reason}.</source>
        <translation>无法把模型文件的记录保存到“{folder}”：{reason}。</translation>
    </message>
    <message>
        <source>What is new stays in memory and is saved as soon as it can be: leave the app open until this note is gone.</source>
        <translation>新内容保留在内存中，一旦可以写入就会自动保存：请在此提示消失之前不要关闭程序。</translation>
    </message>
    <message>
        <source>What is to be saved in “{folder}” takes {needed:.1f} GiB, but only {free:.1f} GiB is free there.</source>
        <translation>要保存到“{folder}”的内容需要 {needed:.1f} GiB，而那里只有 {free:.1f} GiB 可用。</translation>
    </message>
    <message>
        <source>What layers keep for the way back</source>
        <translation>各层为反向传播保留的激活值</translation>
    </message>
    <message>
        <source>What stands at the head and foot of every page is not read.</source>
        <translation>页眉和页脚未读取。</translation>
    </message>
    <message>
        <source>What stands by hand under {tables} was not taken.</source>
        <translation>手工写在 {tables} 下的内容没有采用。</translation>
    </message>
    <message>
        <source>What was learnt of “{name}” is whole in “{folder}”, and is not listed: {reason}</source>
        <translation>“{name}”的微调结果完整保存在“{folder}”中，但未能列出：{reason}</translation>
    </message>
    <message>
        <source>What you write with the input method {name} does not reach this window: the Qt of this app has no plugin for it.</source>
        <translation>输入法 {name} 输入的文字无法送达本窗口：本程序的 Qt 没有它的插件。</translation>
    </message>
    <message>
        <source>What you write with the input method {name} does not reach this window: the variable QT_IM_MODULE is not set.</source>
        <translation>输入法 {name} 输入的文字无法送达本窗口：未设置环境变量 QT_IM_MODULE。</translation>
    </message>
    <message>
        <source>What “{file}” says of how the adapter was made is not shown: {reason}</source>
        <translation>“{file}”中关于适配器制作过程的内容没有显示：{reason}</translation>
    </message>
    <message>
        <source>Where a checkpoint is kept, resume; else begin again. If it ends so again, choose a smaller batch or shorter examples.</source>
        <translation>如果保留了检查点，请继续；否则请重新开始。如果再次这样结束，请选择更小的批大小或更短的样本。</translation>
    </message>
    <message>
        <source>Whether both fit at the same time is not known here: they are answered one after the other.</source>
        <translation>无法得知两者能否同时装下：将依次回答。</translation>
    </message>
    <message>
        <source>Whom to ask: {contact}.</source>
        <translation>联系人：{contact}。</translation>
    </message>
    <message>
        <source>Windows does not tell who may write to it</source>
        <translation>Windows 没有说明谁可以写入该文件</translation>
    </message>
    <message>
        <source>Windows-1251 (Cyrillic)</source>
        <translation>Windows-1251（西里尔字母）</translation>
    </message>
    <message>
        <source>Windows-1252 (Western Europe)</source>
        <translation>Windows-1252（西欧语言）</translation>
    </message>
    <message>
        <source>Without cards DeepSpeed compiles a part of itself at its first start, for minutes, with the C++ compiler of this machine; without --deepspeed processes share a training, too.</source>
        <translation>没有显卡时，DeepSpeed 首次启动会用本机的 C++ 编译器编译自身的一部分，需要几分钟；不加 --deepspeed 时，多个进程同样可以分担微调。</translation>
    </message>
    <message>
        <source>Write a shorter message, remove other documents, or have an answer of fewer tokens.</source>
        <translation>请缩短消息、移除其他文档，或减小最大生成词元数。</translation>
    </message>
    <message>
        <source>Write it into its field above the message; in the terminal: --set NAME=VALUE</source>
        <translation>请填写消息上方对应的输入栏；在终端中使用：--set NAME=VALUE</translation>
    </message>
    <message>
        <source>Write them as [{&quot;role&quot;: &quot;user&quot;, &quot;content&quot;: &quot;…&quot;}].</source>
        <translation>请写成 [{&quot;role&quot;: &quot;user&quot;, &quot;content&quot;: &quot;…&quot;}]。</translation>
    </message>
    <message>
        <source>Writes a complete copy of the model that answers as the model does with the adapter, wherever it runs. The model and the adapter stay as they are.</source>
        <translation>写出模型的完整副本，无论在哪里运行，其回答都与使用该适配器的模型相同。模型和适配器保持不变。</translation>
    </message>
    <message>
        <source>Writes the model once more, for ONNX Runtime, which runs 4 and 8 bits well on a processor. It becomes one more precision of the model, which itself stays as it is; with an adapter in it, it is a model of its own.</source>
        <translation>为 ONNX Runtime 再写一份模型；它在处理器上能很好地运行 4 位和 8 位权重。导出后成为该模型的又一种精度，原模型保持不变；若合并了适配器，则成为一个独立的模型。</translation>
    </message>
    <message>
        <source>Writing what was learnt</source>
        <translation>正在写入微调结果</translation>
    </message>
    <message>
        <source>Your data cannot be moved to “{folder}”: {what}.</source>
        <translation>无法把您的数据移动到“{folder}”：{what}。</translation>
    </message>
    <message>
        <source>Your message with the answer so far</source>
        <translation>您的消息加上已有的回答</translation>
    </message>
    <message>
        <source>Your own presets cannot be read whole: {reason}.</source>
        <translation>您的预设无法完整读取：{reason}。</translation>
    </message>
    <message>
        <source>ZeRO-3 cannot spread matrices of 4 bits over processes</source>
        <translation>ZeRO-3 无法将 4 位矩阵拆分到多个进程</translation>
    </message>
    <message>
        <source>a base model needs “prompt”, the text that it goes on with</source>
        <translation>基座模型需要“prompt”，即要续写的文字</translation>
    </message>
    <message>
        <source>a comma stands before the end of the list</source>
        <translation>列表结尾之前多了一个逗号</translation>
    </message>
    <message>
        <source>a few seconds left</source>
        <translation>还需几秒</translation>
    </message>
    <message>
        <source>a file of it is a link to “{file}”, which others may use</source>
        <translation>其中一个文件是指向“{file}”的链接，其他程序可能正在使用该文件</translation>
    </message>
    <message>
        <source>a folder must be an absolute path without “..”</source>
        <translation>文件夹必须写成绝对路径，且不含“..”</translation>
    </message>
    <message>
        <source>a later version of this app exported it, in a form of its own</source>
        <translation>它由本程序的更新版本导出，格式无法识别</translation>
    </message>
    <message>
        <source>a library aborted it</source>
        <translation>程序库将它中止了</translation>
    </message>
    <message>
        <source>a library crashed in it</source>
        <translation>其中的程序库崩溃了</translation>
    </message>
    <message>
        <source>a library ended it after an error of {device} ({text})</source>
        <translation>{device} 出错后，程序库终止了它（{text}）</translation>
    </message>
    <message>
        <source>a list of names</source>
        <translation>名称列表</translation>
    </message>
    <message>
        <source>a list of numbers of layers</source>
        <translation>层编号列表</translation>
    </message>
    <message>
        <source>a machine has 1 to {most} slots, and not {slots}</source>
        <translation>一台机器的 slots 应为 1 到 {most}，而不是 {slots}</translation>
    </message>
    <message>
        <source>a mapping of names</source>
        <translation>以名称为键的映射</translation>
    </message>
    <message>
        <source>a message of it has no id</source>
        <translation>其中一条消息没有 id</translation>
    </message>
    <message>
        <source>a message of it has no text</source>
        <translation>其中一条消息没有文本</translation>
    </message>
    <message>
        <source>a message of it has the role “{role}”</source>
        <translation>其中一条消息的角色为“{role}”</translation>
    </message>
    <message>
        <source>a message of the role “system” can only be the first</source>
        <translation>角色为“system”的消息只能是第一条</translation>
    </message>
    <message>
        <source>a model is named by an id of lower-case letters, or by the path of its folder</source>
        <translation>模型须用小写字母的 ID 或其文件夹的路径来指定</translation>
    </message>
    <message>
        <source>a name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>a newer version of this app wrote it</source>
        <translation>它由本程序的更新版本写入</translation>
    </message>
    <message>
        <source>a number or “auto”</source>
        <translation>数字或“auto”</translation>
    </message>
    <message>
        <source>a number that can be computed with</source>
        <translation>可以用于计算的数</translation>
    </message>
    <message>
        <source>a row begins here that has more than {most} characters</source>
        <translation>从这里开始的一行数据超过 {most} 个字符</translation>
    </message>
    <message>
        <source>a system message stands behind others</source>
        <translation>系统消息没有放在最前面</translation>
    </message>
    <message>
        <source>a whole number from 1 on or “auto”</source>
        <translation>不小于 1 的整数或“auto”</translation>
    </message>
    <message>
        <source>a whole number from {low} to {high}</source>
        <translation>{low} 到 {high} 的整数</translation>
    </message>
    <message>
        <source>about {count} h left</source>
        <translation>还需约 {count} 小时</translation>
    </message>
    <message>
        <source>about {count} min left</source>
        <translation>还需约 {count} 分钟</translation>
    </message>
    <message>
        <source>about {count} s left</source>
        <translation>还需约 {count} 秒</translation>
    </message>
    <message>
        <source>all of it has been brought over already</source>
        <translation>所有内容已经转移完毕</translation>
    </message>
    <message>
        <source>another model lies below it</source>
        <translation>其下还有另一个模型</translation>
    </message>
    <message>
        <source>another program keeps the file locked</source>
        <translation>另一个程序锁定了该文件</translation>
    </message>
    <message>
        <source>another run of the app has it open</source>
        <translation>程序的另一个实例正在使用它</translation>
    </message>
    <message>
        <source>another version of this app wrote it</source>
        <translation>它由本程序的另一版本写入</translation>
    </message>
    <message>
        <source>as downloaded ({source})</source>
        <translation>与下载时一致（{source}）</translation>
    </message>
    <message>
        <source>as the registry says</source>
        <translation>与模型登记表一致</translation>
    </message>
    <message>
        <source>as the site&apos;s list says ({source})</source>
        <translation>与管理员的校验值清单一致（{source}）</translation>
    </message>
    <message>
        <source>as this app wrote it</source>
        <translation>与本程序写出时一致</translation>
    </message>
    <message>
        <source>at {place}: {what}</source>
        <translation>位于 {place}：{what}</translation>
    </message>
    <message>
        <source>batch size</source>
        <translation>批大小</translation>
    </message>
    <message>
        <source>batch size of evaluation</source>
        <translation>评估批大小</translation>
    </message>
    <message>
        <source>behind “{address}” there is no slots=NUMBER</source>
        <translation>“{address}”后面没有 slots=数字</translation>
    </message>
    <message>
        <source>cannot be read ({reason})</source>
        <translation>无法读取（{reason}）</translation>
    </message>
    <message>
        <source>changes the head by DoRA, and the rows of this model&apos;s head are normalised</source>
        <translation>用 DoRA 改变输出头，而这个模型输出头的各行是归一化的</translation>
    </message>
    <message>
        <source>epsilon of AdamW</source>
        <translation>AdamW 的 epsilon</translation>
    </message>
    <message>
        <source>false: nothing is reported to anybody</source>
        <translation>false：不向任何方上报</translation>
    </message>
    <message>
        <source>first beta of AdamW</source>
        <translation>AdamW 的 beta1</translation>
    </message>
    <message>
        <source>fp16 is for cards: on a processor it is computed in fp32.</source>
        <translation>fp16 只用于显卡：在 CPU 上以 fp32 计算。</translation>
    </message>
    <message>
        <source>fp16 is not computed by several processes without DeepSpeed</source>
        <translation>不使用 DeepSpeed 时，多个进程无法以 fp16 计算</translation>
    </message>
    <message>
        <source>greatest norm of gradients</source>
        <translation>梯度范数上限</translation>
    </message>
    <message>
        <source>half a character has no form in a file</source>
        <translation>半个字符无法写入文件</translation>
    </message>
    <message>
        <source>has a form that the app cannot add to</source>
        <translation>的格式使本程序无法向其中添加内容</translation>
    </message>
    <message>
        <source>has an impossible place</source>
        <translation>的位置不可能存在</translation>
    </message>
    <message>
        <source>has an impossible shape</source>
        <translation>的形状不可能存在</translation>
    </message>
    <message>
        <source>has no data in it</source>
        <translation>没有数据</translation>
    </message>
    <message>
        <source>has the unknown type {dtype}</source>
        <translation>的类型 {dtype} 未知</translation>
    </message>
    <message>
        <source>has values in “{name}” that fp16 cannot hold</source>
        <translation>的“{name}”中有 fp16 无法表示的值</translation>
    </message>
    <message>
        <source>has {count} more entries that are wrong</source>
        <translation>还有 {count} 个条目有误</translation>
    </message>
    <message>
        <source>hidden_act is {value}, not silu</source>
        <translation>hidden_act 是 {value}，而不是 silu</translation>
    </message>
    <message>
        <source>hidden_size {hidden} is no multiple of num_attention_heads {heads}</source>
        <translation>hidden_size {hidden} 不是 num_attention_heads {heads} 的整数倍</translation>
    </message>
    <message>
        <source>holds a LoRA adapter that is not merged into the weights</source>
        <translation>含有未合并到权重中的 LoRA 适配器</translation>
    </message>
    <message>
        <source>holds no SHA-256 and name in line {number}</source>
        <translation>第 {number} 行没有 SHA-256 和文件名</translation>
    </message>
    <message>
        <source>holds no hashes</source>
        <translation>不含任何校验值</translation>
    </message>
    <message>
        <source>holds several adapters in one file, “{first}” and “{second}”</source>
        <translation>在一个文件中包含多个适配器：“{first}”和“{second}”</translation>
    </message>
    <message>
        <source>holds weights for {program}, which this app does not run</source>
        <translation>是 {program} 的权重，本程序无法运行</translation>
    </message>
    <message>
        <source>holds “{name}” in the type {dtype}, and this app reads adapters in 16 and 32 bits</source>
        <translation>以 {dtype} 类型存储“{name}”，而本程序读取 16 位和 32 位的适配器</translation>
    </message>
    <message>
        <source>holds “{name}”, which this app does not compute</source>
        <translation>包含本程序不计算的“{name}”</translation>
    </message>
    <message>
        <source>is a DeepSpeed checkpoint, whose weights lie in parts</source>
        <translation>是 DeepSpeed 检查点，其权重是分片存放的</translation>
    </message>
    <message>
        <source>is a Git LFS pointer, the file itself was not downloaded</source>
        <translation>是 Git LFS 指针文件，文件本身并未下载</translation>
    </message>
    <message>
        <source>is a Git LFS pointer, the file itself was not downloaded ({size:,} bytes)</source>
        <translation>是 Git LFS 指针文件，文件本身（{size:,} 字节）并未下载</translation>
    </message>
    <message>
        <source>is a LoRA adapter and no model by itself</source>
        <translation>是 LoRA 适配器，本身不是模型</translation>
    </message>
    <message>
        <source>is a LoRA adapter for “{base}” and no model by itself</source>
        <translation>是“{base}”的 LoRA 适配器，本身不是模型</translation>
    </message>
    <message>
        <source>is a half download: “{control}” lies beside it</source>
        <translation>尚未下载完：旁边有“{control}”</translation>
    </message>
    <message>
        <source>is a half download: “{half}”</source>
        <translation>尚未下载完：“{half}”</translation>
    </message>
    <message>
        <source>is a link that leads back to itself</source>
        <translation>是指回自身的链接</translation>
    </message>
    <message>
        <source>is a link to a place outside of the model&apos;s folder</source>
        <translation>是指向模型文件夹之外的链接</translation>
    </message>
    <message>
        <source>is a link to what is not there</source>
        <translation>是链接，但其目标不存在</translation>
    </message>
    <message>
        <source>is a link to “{target}”, which is missing</source>
        <translation>是指向“{target}”的链接，而该文件不存在</translation>
    </message>
    <message>
        <source>is a web page, the file itself was not downloaded</source>
        <translation>是一个网页，文件本身并未下载</translation>
    </message>
    <message>
        <source>is a {kind} file, for llama.cpp, which this app does not run</source>
        <translation>是供 llama.cpp 使用的 {kind} 文件，本程序无法运行</translation>
    </message>
    <message>
        <source>is an adapter and no model by itself</source>
        <translation>是适配器，本身不是模型</translation>
    </message>
    <message>
        <source>is an adapter for “{base}” and no model by itself</source>
        <translation>是“{base}”的适配器，本身不是模型</translation>
    </message>
    <message>
        <source>is an archive and not a folder</source>
        <translation>是压缩包，不是文件夹</translation>
    </message>
    <message>
        <source>is an export for ONNX Runtime, which transformers does not run</source>
        <translation>是 ONNX Runtime 的导出模型，transformers 不能运行它</translation>
    </message>
    <message>
        <source>is compressed or encrypted</source>
        <translation>被压缩或加密</translation>
    </message>
    <message>
        <source>is implausibly long</source>
        <translation>过长，不可能是校验值清单</translation>
    </message>
    <message>
        <source>is missing, and the download of the model has not ended: “{half}”</source>
        <translation>不存在，且模型尚未下载完：“{half}”</translation>
    </message>
    <message>
        <source>is no ordinary file</source>
        <translation>不是普通文件</translation>
    </message>
    <message>
        <source>is not described as a tensor</source>
        <translation>没有按张量描述</translation>
    </message>
    <message>
        <source>is not there</source>
        <translation>不存在</translation>
    </message>
    <message>
        <source>is of rank {rank} at “{layer}”, whose matrix itself has a rank of at most {most}</source>
        <translation>在“{layer}”处的秩为 {rank}，而那里的矩阵本身的秩最多为 {most}</translation>
    </message>
    <message>
        <source>is of the kind {kind}, and this app runs LORA only</source>
        <translation>的类型是 {kind}，而本程序只运行 LORA</translation>
    </message>
    <message>
        <source>is quantised further than this app can run: “{name}” is, too</source>
        <translation>的量化范围超出本程序所能运行的：“{name}”也被量化了</translation>
    </message>
    <message>
        <source>is quantised in part, which this app does not run: “{name}” is not</source>
        <translation>只有一部分被量化，本程序无法运行：“{name}”未量化</translation>
    </message>
    <message>
        <source>is quantised with {method}, which this app does not run</source>
        <translation>是用 {method} 量化的，本程序无法运行</translation>
    </message>
    <message>
        <source>it belongs to another certificate</source>
        <translation>它属于另一份证书</translation>
    </message>
    <message>
        <source>it belongs to the program that downloaded it, or is hidden</source>
        <translation>属于下载程序的记录，或为隐藏文件</translation>
    </message>
    <message>
        <source>it both replaces “{layer}” and adds to it</source>
        <translation>它既替换“{layer}”，又对其叠加</translation>
    </message>
    <message>
        <source>it cannot be read ({reason})</source>
        <translation>无法读取（{reason}）</translation>
    </message>
    <message>
        <source>it cannot be read: {reason}</source>
        <translation>无法读取：{reason}</translation>
    </message>
    <message>
        <source>it cannot be written</source>
        <translation>无法写入</translation>
    </message>
    <message>
        <source>it changes layer {number}, and the model has {count} layers, counted from 0</source>
        <translation>它改变第 {number} 层，而模型只有 {count} 层（从 0 数起）</translation>
    </message>
    <message>
        <source>it changes “{layer}”, which no Baichuan model has</source>
        <translation>它改变“{layer}”，而百川模型没有这一层</translation>
    </message>
    <message>
        <source>it closed its pipe but did not end</source>
        <translation>它关闭了管道却没有结束</translation>
    </message>
    <message>
        <source>it contains code ({name})</source>
        <translation>它包含代码（{name}）</translation>
    </message>
    <message>
        <source>it does not begin as a file that ends with .{kind} does</source>
        <translation>文件开头不符合 .{kind} 格式</translation>
    </message>
    <message>
        <source>it does not describe a result</source>
        <translation>它没有描述任何微调结果</translation>
    </message>
    <message>
        <source>it does not describe an export</source>
        <translation>它没有描述一个导出</translation>
    </message>
    <message>
        <source>it does not describe “{name}”</source>
        <translation>它没有描述“{name}”</translation>
    </message>
    <message>
        <source>it does not fit this model</source>
        <translation>它与此模型不匹配</translation>
    </message>
    <message>
        <source>it does not read back as it was written</source>
        <translation>读回的内容与写入的不一致</translation>
    </message>
    <message>
        <source>it enables both fp16 and bf16</source>
        <translation>它同时启用了 fp16 和 bf16</translation>
    </message>
    <message>
        <source>it ended by itself with code {code}</source>
        <translation>它自行退出，代码为 {code}</translation>
    </message>
    <message>
        <source>it has more than {count} cells</source>
        <translation>单元格超过 {count} 个</translation>
    </message>
    <message>
        <source>it has more than {most} files</source>
        <translation>其中的文件超过 {most} 个</translation>
    </message>
    <message>
        <source>it has neither “conversations” nor “{prompt}” and “{response}”</source>
        <translation>既没有“conversations”，也没有“{prompt}”和“{response}”</translation>
    </message>
    <message>
        <source>it has no config.json</source>
        <translation>其中没有 config.json</translation>
    </message>
    <message>
        <source>it has no config.json, but folders in it have one, such as “{folder}”</source>
        <translation>其中没有 config.json，但其下的一些文件夹有，例如“{folder}”</translation>
    </message>
    <message>
        <source>it has no config.json, but the folder above it, “{folder}”, has one</source>
        <translation>其中没有 config.json，但上一级文件夹“{folder}”有</translation>
    </message>
    <message>
        <source>it has no config.json, but “{folder}” in it has one</source>
        <translation>其中没有 config.json，但其下的“{folder}”有</translation>
    </message>
    <message>
        <source>it has no list of what it holds</source>
        <translation>其中没有内容清单</translation>
    </message>
    <message>
        <source>it has no pieces for some characters of the text</source>
        <translation>它无法表示文本中的某些字符</translation>
    </message>
    <message>
        <source>it has no tokenizer.model</source>
        <translation>其中没有 tokenizer.model</translation>
    </message>
    <message>
        <source>it has no weight file (model.safetensors, pytorch_model.bin)</source>
        <translation>其中没有权重文件（model.safetensors、pytorch_model.bin）</translation>
    </message>
    <message>
        <source>it has no weight file (model.safetensors, pytorch_model.bin), only {names}</source>
        <translation>其中没有权重文件（model.safetensors、pytorch_model.bin），只有{names}</translation>
    </message>
    <message>
        <source>it has no weight_map</source>
        <translation>其中没有 weight_map</translation>
    </message>
    <message>
        <source>it has no {name}</source>
        <translation>其中没有 {name}</translation>
    </message>
    <message>
        <source>it has no {name}, but “{folder}” in it has one</source>
        <translation>其中没有 {name}，但其中的“{folder}”里有</translation>
    </message>
    <message>
        <source>it has no “{name}”</source>
        <translation>缺少“{name}”</translation>
    </message>
    <message>
        <source>it has only {size} bytes</source>
        <translation>它只有 {size} 字节</translation>
    </message>
    <message>
        <source>it has {count} chapters, and at most {most} are read</source>
        <translation>共有 {count} 章，最多读取 {most} 章</translation>
    </message>
    <message>
        <source>it has {count} files in it, and at most {most} are read</source>
        <translation>其中有 {count} 个文件，最多读取 {most} 个</translation>
    </message>
    <message>
        <source>it has {count} pages, and at most {most} are read</source>
        <translation>共有 {count} 页，最多读取 {most} 页</translation>
    </message>
    <message>
        <source>it has {count} sheets, and at most {most} are read</source>
        <translation>共有 {count} 个工作表，最多读取 {most} 个</translation>
    </message>
    <message>
        <source>it has {count} slides, and at most {most} are read</source>
        <translation>共有 {count} 张幻灯片，最多读取 {most} 张</translation>
    </message>
    <message>
        <source>it has {pieces:,} pieces, but the model&apos;s vocabulary has {vocab_size:,}</source>
        <translation>它有 {pieces:,} 个词片，而模型词表只有 {vocab_size:,} 个</translation>
    </message>
    <message>
        <source>it has {size:,} bytes, and {expected:,} were written</source>
        <translation>它有 {size:,} 字节，而写入的是 {expected:,} 字节</translation>
    </message>
    <message>
        <source>it has {size:,} bytes, but its header describes {end:,}</source>
        <translation>它有 {size:,} 字节，而文件头描述的是 {end:,} 字节</translation>
    </message>
    <message>
        <source>it has {size:,} bytes, but the manifest says {expected:,}</source>
        <translation>它有 {size:,} 字节，但清单写的是 {expected:,}</translation>
    </message>
    <message>
        <source>it has {size} MB, and at most {most} MB are read</source>
        <translation>文件有 {size} MB，最多读取 {most} MB</translation>
    </message>
    <message>
        <source>it has “{name}” twice</source>
        <translation>“{name}”出现了两次</translation>
    </message>
    <message>
        <source>it holds a number of thousands of digits</source>
        <translation>含有长达数千位的数字</translation>
    </message>
    <message>
        <source>it holds half a character (\{code})</source>
        <translation>含有不完整的字符（\{code}）</translation>
    </message>
    <message>
        <source>it holds more files or folders than any model</source>
        <translation>其中的文件或文件夹比任何模型都多</translation>
    </message>
    <message>
        <source>it holds more than its list says</source>
        <translation>其中的内容多于清单所列</translation>
    </message>
    <message>
        <source>it holds more than {count} characters of text</source>
        <translation>文字超过 {count} 个字符</translation>
    </message>
    <message>
        <source>it holds more than {most} presets</source>
        <translation>其中的预设超过 {most} 个</translation>
    </message>
    <message>
        <source>it holds more than {most} values</source>
        <translation>其中的值超过 {most} 个</translation>
    </message>
    <message>
        <source>it holds no certificate in PEM</source>
        <translation>其中没有 PEM 格式的证书</translation>
    </message>
    <message>
        <source>it holds no conversation that can be learnt from</source>
        <translation>其中没有可供学习的对话</translation>
    </message>
    <message>
        <source>it holds no data set “{name}”</source>
        <translation>其中没有名为“{name}”的数据集</translation>
    </message>
    <message>
        <source>it holds no data set “{name}”; “{near}” is there</source>
        <translation>其中没有名为“{name}”的数据集，但有“{near}”</translation>
    </message>
    <message>
        <source>it holds no loss curve</source>
        <translation>其中没有损失曲线</translation>
    </message>
    <message>
        <source>it holds no preset</source>
        <translation>其中没有预设</translation>
    </message>
    <message>
        <source>it holds no private key in PEM</source>
        <translation>其中没有 PEM 格式的私钥</translation>
    </message>
    <message>
        <source>it holds no rows</source>
        <translation>其中没有任何数据</translation>
    </message>
    <message>
        <source>it holds no tensor of an adapter</source>
        <translation>其中没有适配器的张量</translation>
    </message>
    <message>
        <source>it holds nothing for “{layer}”, which adapter_config.json names</source>
        <translation>其中没有 adapter_config.json 所列的“{layer}”的内容</translation>
    </message>
    <message>
        <source>it holds something other than named tensors</source>
        <translation>其中有命名张量以外的内容</translation>
    </message>
    <message>
        <source>it holds too many files</source>
        <translation>其中的文件太多</translation>
    </message>
    <message>
        <source>it holds {count} models</source>
        <translation>其中有 {count} 个模型</translation>
    </message>
    <message>
        <source>it holds {count} models and adapters</source>
        <translation>其中有 {count} 个模型和适配器</translation>
    </message>
    <message>
        <source>it holds {name}, which is no JSON</source>
        <translation>含有 {name}，这不是有效的 JSON</translation>
    </message>
    <message>
        <source>it holds “{name}” twice, under two names</source>
        <translation>其中以两个名称重复包含“{name}”</translation>
    </message>
    <message>
        <source>it holds “{name}”, a layer that adapter_config.json does not name</source>
        <translation>其中包含“{name}”，而 adapter_config.json 没有列出这一层</translation>
    </message>
    <message>
        <source>it holds “{name}”, and adapter_config.json does not say what for</source>
        <translation>其中包含“{name}”，而 adapter_config.json 没有说明用途</translation>
    </message>
    <message>
        <source>it holds “{name}”, and “use_dora” is not set</source>
        <translation>其中包含“{name}”，而没有设置“use_dora”</translation>
    </message>
    <message>
        <source>it holds “{name}”, which is no part of a backup</source>
        <translation>其中有“{name}”，备份里不会有它</translation>
    </message>
    <message>
        <source>it holds “{name}”, which is no tensor</source>
        <translation>其中包含不是张量的“{name}”</translation>
    </message>
    <message>
        <source>it holds “{name}”, which no export of this app has</source>
        <translation>它含有“{name}”，本应用的导出不会有它</translation>
    </message>
    <message>
        <source>it holds “{name}”, which this model does not have</source>
        <translation>其中有该模型没有的“{name}”</translation>
    </message>
    <message>
        <source>it holds “{name}”, which {index} does not place there</source>
        <translation>其中有“{name}”，而 {index} 并未将它放在这里</translation>
    </message>
    <message>
        <source>it holds “{name}”, which {other} holds too</source>
        <translation>其中的“{name}”在 {other} 中也有</translation>
    </message>
    <message>
        <source>it is a file and not a folder</source>
        <translation>它是文件，不是文件夹</translation>
    </message>
    <message>
        <source>it is a folder</source>
        <translation>它是文件夹</translation>
    </message>
    <message>
        <source>it is a folder of something else</source>
        <translation>是与该模型无关的文件夹</translation>
    </message>
    <message>
        <source>it is a folder of yours, or the app&apos;s</source>
        <translation>它是您的或本程序的常用文件夹</translation>
    </message>
    <message>
        <source>it is a half download</source>
        <translation>是未下载完的文件</translation>
    </message>
    <message>
        <source>it is a link</source>
        <translation>它是一个链接</translation>
    </message>
    <message>
        <source>it is a link to a file outside of the folder</source>
        <translation>它是指向文件夹以外文件的链接</translation>
    </message>
    <message>
        <source>it is a link to a folder</source>
        <translation>是指向文件夹的链接</translation>
    </message>
    <message>
        <source>it is a link to another place</source>
        <translation>它是指向别处的链接</translation>
    </message>
    <message>
        <source>it is a link, another account&apos;s, or others may read it</source>
        <translation>它是链接、属于其他账户，或其他人可以读取</translation>
    </message>
    <message>
        <source>it is a part of the app&apos;s own installation</source>
        <translation>是程序自身安装内容的一部分</translation>
    </message>
    <message>
        <source>it is a part of the cache of another program</source>
        <translation>是其他程序缓存的一部分</translation>
    </message>
    <message>
        <source>it is a zip, and none of conversations that this app wrote</source>
        <translation>它是 zip 文件，但不是本程序导出的对话</translation>
    </message>
    <message>
        <source>it is an archive</source>
        <translation>它是压缩包</translation>
    </message>
    <message>
        <source>it is empty</source>
        <translation>文件为空</translation>
    </message>
    <message>
        <source>it is encrypted</source>
        <translation>它已加密</translation>
    </message>
    <message>
        <source>it is for a “{name}” of the sizes {found}, and the model&apos;s has {here}</source>
        <translation>它适用于尺寸为 {found} 的“{name}”，而模型的尺寸是 {here}</translation>
    </message>
    <message>
        <source>it is for {size} models, whose width is {found}, and the width of this one is {here}</source>
        <translation>它适用于宽度为 {found} 的 {size} 模型，而这个模型的宽度是 {here}</translation>
    </message>
    <message>
        <source>it is implausibly large</source>
        <translation>它大得不合理</translation>
    </message>
    <message>
        <source>it is in a format that Office used until 2003</source>
        <translation>它是 Office 2003 及更早版本的格式</translation>
    </message>
    <message>
        <source>it is larger than {most} bytes</source>
        <translation>它超过 {most} 字节</translation>
    </message>
    <message>
        <source>it is listed as “{name}”</source>
        <translation>已作为“{name}”列入列表</translation>
    </message>
    <message>
        <source>it is longer than {most} bytes</source>
        <translation>它超过 {most} 字节</translation>
    </message>
    <message>
        <source>it is merged into that one already</source>
        <translation>该模型中已合并了这个适配器</translation>
    </message>
    <message>
        <source>it is missing</source>
        <translation>文件缺失</translation>
    </message>
    <message>
        <source>it is nested too deep</source>
        <translation>它的嵌套过深</translation>
    </message>
    <message>
        <source>it is nested too deeply</source>
        <translation>嵌套层数过多</translation>
    </message>
    <message>
        <source>it is no JSON</source>
        <translation>不是有效的 JSON</translation>
    </message>
    <message>
        <source>it is no JSON from character {place} on</source>
        <translation>从第 {place} 个字符起不是 JSON</translation>
    </message>
    <message>
        <source>it is no JSON object</source>
        <translation>它不是 JSON 对象</translation>
    </message>
    <message>
        <source>it is no JSON, in a row that begins in line {begun}</source>
        <translation>不是有效的 JSON（该行数据从第 {begun} 行开始）</translation>
    </message>
    <message>
        <source>it is no archive, or only a part of one</source>
        <translation>它不是压缩包，或只是压缩包的一部分</translation>
    </message>
    <message>
        <source>it is no conversation that this app exported</source>
        <translation>不是本程序导出的对话</translation>
    </message>
    <message>
        <source>it is no file of presets</source>
        <translation>它不是预设文件</translation>
    </message>
    <message>
        <source>it is no folder</source>
        <translation>它不是文件夹</translation>
    </message>
    <message>
        <source>it is no ordinary file</source>
        <translation>它不是普通文件</translation>
    </message>
    <message>
        <source>it is no text in UTF-8</source>
        <translation>它不是 UTF-8 文本</translation>
    </message>
    <message>
        <source>it is no text, and no document of a kind that is read</source>
        <translation>它不是文本，也不是可以读取的文档类型</translation>
    </message>
    <message>
        <source>it is no zip archive that can be read</source>
        <translation>它不是可以读取的 zip 压缩包</translation>
    </message>
    <message>
        <source>it is not UTF-8 text</source>
        <translation>它不是 UTF-8 文本</translation>
    </message>
    <message>
        <source>it is not a JSON object</source>
        <translation>它不是 JSON 对象</translation>
    </message>
    <message>
        <source>it is not a PyTorch weight file</source>
        <translation>它不是 PyTorch 权重文件</translation>
    </message>
    <message>
        <source>it is not a SentencePiece model</source>
        <translation>它不是 SentencePiece 模型</translation>
    </message>
    <message>
        <source>it is not a file</source>
        <translation>它不是文件</translation>
    </message>
    <message>
        <source>it is not a text in UTF-8</source>
        <translation>它不是 UTF-8 文本</translation>
    </message>
    <message>
        <source>it is not in the folder</source>
        <translation>它不在文件夹里</translation>
    </message>
    <message>
        <source>it is not readable as JSON</source>
        <translation>无法按 JSON 读取</translation>
    </message>
    <message>
        <source>it is not readable as a graph</source>
        <translation>它无法作为计算图读取</translation>
    </message>
    <message>
        <source>it is not the graph that belongs to config.json</source>
        <translation>它不是与 config.json 相符的计算图</translation>
    </message>
    <message>
        <source>it is not what a PDF is</source>
        <translation>它不符合 PDF 格式</translation>
    </message>
    <message>
        <source>it is not what its format wants ({text})</source>
        <translation>它不符合其格式的要求（{text}）</translation>
    </message>
    <message>
        <source>it is not what the registry says</source>
        <translation>它与模型登记表不符</translation>
    </message>
    <message>
        <source>it is not what the site&apos;s list says ({source})</source>
        <translation>它与管理员的校验值清单不符（{source}）</translation>
    </message>
    <message>
        <source>it is not what this app wrote</source>
        <translation>它与本程序写出的内容不符</translation>
    </message>
    <message>
        <source>it is not what was downloaded ({source})</source>
        <translation>它与下载时的内容不符（{source}）</translation>
    </message>
    <message>
        <source>it is not what was written</source>
        <translation>它不是当初写入的内容</translation>
    </message>
    <message>
        <source>it is of step {step}, whatever its folder is called</source>
        <translation>它是第 {step} 步的检查点，与其文件夹的名称不符</translation>
    </message>
    <message>
        <source>it is one file of a model, which is the folder “{folder}”</source>
        <translation>它只是模型的一个文件，模型是文件夹“{folder}”</translation>
    </message>
    <message>
        <source>it is one file of an adapter, which is the folder “{folder}”</source>
        <translation>它只是适配器的一个文件，适配器是文件夹“{folder}”</translation>
    </message>
    <message>
        <source>it is protected by a password</source>
        <translation>它受密码保护</translation>
    </message>
    <message>
        <source>it is too large for a graph</source>
        <translation>对一个计算图来说太大了</translation>
    </message>
    <message>
        <source>it is what an import or a copy has made so far</source>
        <translation>它是尚未完成的导入或复制的中间结果</translation>
    </message>
    <message>
        <source>it is written for the operators {found}, not {expected}</source>
        <translation>它使用的算子版本是 {found}，而不是 {expected}</translation>
    </message>
    <message>
        <source>it lacks the tensor “{name}”</source>
        <translation>其中缺少张量“{name}”</translation>
    </message>
    <message>
        <source>it lacks the weights of “{name}”, which it replaces</source>
        <translation>其中缺少要替换的“{name}”的权重</translation>
    </message>
    <message>
        <source>it lacks {name}</source>
        <translation>它缺少 {name}</translation>
    </message>
    <message>
        <source>it lacks “{part}” of the layer “{layer}”</source>
        <translation>其中缺少“{layer}”层的“{part}”</translation>
    </message>
    <message>
        <source>it lies in the app&apos;s own installation</source>
        <translation>位于程序自身的安装文件夹中</translation>
    </message>
    <message>
        <source>it lies in this model folder already</source>
        <translation>已经位于该模型存放文件夹中</translation>
    </message>
    <message>
        <source>it lies outside of its folder</source>
        <translation>它位于所属文件夹之外</translation>
    </message>
    <message>
        <source>it lies there already</source>
        <translation>数据已经在那里</translation>
    </message>
    <message>
        <source>it names no machine</source>
        <translation>其中没有列出任何机器</translation>
    </message>
    <message>
        <source>it names “{name}”, outside of its folder</source>
        <translation>它指向文件夹之外的“{name}”</translation>
    </message>
    <message>
        <source>it names “{name}”, which is no weight file</source>
        <translation>它指向“{name}”，而那不是权重文件</translation>
    </message>
    <message>
        <source>it needed more stack than there is</source>
        <translation>所需的栈空间超出了限制</translation>
    </message>
    <message>
        <source>it needs either “prompt” or “messages”</source>
        <translation>需要“prompt”或“messages”之一</translation>
    </message>
    <message>
        <source>it runs CUDA {cuda} at most</source>
        <translation>它最高支持 CUDA {cuda}</translation>
    </message>
    <message>
        <source>it should hold 20 to 128 letters and digits, and nothing else</source>
        <translation>其中应为 20 到 128 个字母和数字，且没有其他内容</translation>
    </message>
    <message>
        <source>it unpacks to more than {count} MB</source>
        <translation>解压后超过 {count} MB</translation>
    </message>
    <message>
        <source>it was added for “{base}”, a model of the family {family}</source>
        <translation>它是为 {family} 系列的“{base}”添加的</translation>
    </message>
    <message>
        <source>it was changed after it was written</source>
        <translation>它在写入后被改动过</translation>
    </message>
    <message>
        <source>it was changed meanwhile</source>
        <translation>它在读取期间被改动</translation>
    </message>
    <message>
        <source>it was made for {found} layers, and the model has {here}</source>
        <translation>它是为 {found} 层的模型制作的，而这个模型有 {here} 层</translation>
    </message>
    <message>
        <source>it was made for {name}, and this is a base model</source>
        <translation>它是为 {name} 制作的，而这是基座模型</translation>
    </message>
    <message>
        <source>it was made for {name}, and this is a chat model</source>
        <translation>它是为 {name} 制作的，而这是对话模型</translation>
    </message>
    <message>
        <source>it was made for {name}, and this is a {family}</source>
        <translation>它是为 {name} 制作的，而这是 {family}</translation>
    </message>
    <message>
        <source>it was not made by this app</source>
        <translation>它不是由本程序生成的</translation>
    </message>
    <message>
        <source>it was trained on another “{name}” than the model&apos;s</source>
        <translation>它训练时的“{name}”与这个模型的不同</translation>
    </message>
    <message>
        <source>it was written for a newer version of the app, whose policies have the number {version}, and this version reads {known}</source>
        <translation>它是为较新版本的程序编写的，其策略编号为 {version}，而本版本读取的是 {known}</translation>
    </message>
    <message>
        <source>it would be computed in {wanted} here, and it was begun in {kept}</source>
        <translation>在这里会以 {wanted} 计算，而开始时是 {kept}</translation>
    </message>
    <message>
        <source>it would be shared by {wanted} processes, and it was begun with {kept}</source>
        <translation>现由 {wanted} 个进程分担，而开始时是 {kept} 个</translation>
    </message>
    <message>
        <source>its architecture is {value}, not baichuan</source>
        <translation>其架构是 {value}，而不是 baichuan</translation>
    </message>
    <message>
        <source>its content is another one than when it was first read here</source>
        <translation>其内容与首次在本机读取时不同</translation>
    </message>
    <message>
        <source>its content was changed</source>
        <translation>其内容被改动过</translation>
    </message>
    <message>
        <source>its drive has none</source>
        <translation>其所在驱动器没有回收站</translation>
    </message>
    <message>
        <source>its exit code is {code}</source>
        <translation>退出代码为 {code}</translation>
    </message>
    <message>
        <source>its files have more than {most} MiB</source>
        <translation>其中的文件超过 {most} MiB</translation>
    </message>
    <message>
        <source>its first machine is “{address}”, which is not this one</source>
        <translation>其中第一台机器是“{address}”，而不是本机</translation>
    </message>
    <message>
        <source>its folder holds folders of yours or of the app&apos;s</source>
        <translation>其文件夹中包含您或程序的其他文件夹</translation>
    </message>
    <message>
        <source>its folder holds more than a model does</source>
        <translation>其文件夹中的内容超出一个模型应有的范围</translation>
    </message>
    <message>
        <source>its folder holds no adapter any more</source>
        <translation>它的文件夹中已不再有适配器</translation>
    </message>
    <message>
        <source>its folder holds no model any more</source>
        <translation>其文件夹中已没有模型</translation>
    </message>
    <message>
        <source>its folder is a link now</source>
        <translation>其文件夹现在是一个链接</translation>
    </message>
    <message>
        <source>its header is not readable</source>
        <translation>文件头无法读取</translation>
    </message>
    <message>
        <source>its header names “{name}” twice</source>
        <translation>文件头中“{name}”出现了两次</translation>
    </message>
    <message>
        <source>its header would be {n} bytes in a file of {size}</source>
        <translation>文件只有 {size} 字节，文件头却声称有 {n} 字节</translation>
    </message>
    <message>
        <source>its heads have an odd width, which rotary positions cannot have</source>
        <translation>其注意力头的宽度是奇数，无法使用旋转位置编码</translation>
    </message>
    <message>
        <source>its links go in a circle</source>
        <translation>它的链接循环指向自身</translation>
    </message>
    <message>
        <source>its list is implausibly large</source>
        <translation>它的清单大得不合理</translation>
    </message>
    <message>
        <source>its list is not readable as JSON</source>
        <translation>它的清单无法作为 JSON 读取</translation>
    </message>
    <message>
        <source>its list names no parts</source>
        <translation>它的清单没有列出任何部分</translation>
    </message>
    <message>
        <source>its list of tensors is implausibly large</source>
        <translation>其张量列表大得不合理</translation>
    </message>
    <message>
        <source>its list of tensors is not readable</source>
        <translation>其张量列表无法读取</translation>
    </message>
    <message>
        <source>its list says nothing usable of “{name}”</source>
        <translation>它的清单中关于“{name}”的内容不可用</translation>
    </message>
    <message>
        <source>its messages do not follow one another</source>
        <translation>其中的消息无法前后衔接</translation>
    </message>
    <message>
        <source>its numbers are not little-endian</source>
        <translation>其数据不是小端序</translation>
    </message>
    <message>
        <source>its path is not UTF-8</source>
        <translation>它的路径不是 UTF-8</translation>
    </message>
    <message>
        <source>its tensors lie in several files, such as {name}, and this app reads one</source>
        <translation>它的张量分在多个文件中（例如 {name}），而本程序只读取单个文件</translation>
    </message>
    <message>
        <source>its weight files hold “{name}”, which is no tensor</source>
        <translation>权重文件中含有不是张量的“{name}”</translation>
    </message>
    <message>
        <source>its weight files lack the tensor “{name}”</source>
        <translation>其权重文件缺少张量“{name}”</translation>
    </message>
    <message>
        <source>its weight_map names something that is no file</source>
        <translation>其 weight_map 中有不是文件的条目</translation>
    </message>
    <message>
        <source>its zip is damaged</source>
        <translation>zip 已损坏</translation>
    </message>
    <message>
        <source>its {graph} was not written by this app</source>
        <translation>其中的 {graph} 不是本应用写的</translation>
    </message>
    <message>
        <source>its {size:,} bytes are not a complete PyTorch weight file</source>
        <translation>它的 {size:,} 字节不是完整的 PyTorch 权重文件</translation>
    </message>
    <message>
        <source>learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>line 1</source>
        <translation>第 1 行</translation>
    </message>
    <message>
        <source>message {number} does not say who it is “from”</source>
        <translation>第 {number} 条消息没有用“from”说明由谁发出</translation>
    </message>
    <message>
        <source>message {number} has no role “user”, “assistant” or “system”</source>
        <translation>第 {number} 条消息的角色不是“user”“assistant”或“system”</translation>
    </message>
    <message>
        <source>message {number} has no text “content”</source>
        <translation>第 {number} 条消息没有文字“content”</translation>
    </message>
    <message>
        <source>message {number} is from “{who}”, whom nobody knows; questions are from “human”, answers from “gpt”</source>
        <translation>第 {number} 条消息的角色“{who}”无法识别；提问用“human”，回答用“gpt”</translation>
    </message>
    <message>
        <source>message {number} is not an object</source>
        <translation>第 {number} 条消息不是对象</translation>
    </message>
    <message>
        <source>names layers in “{option}” by the pattern “{pattern}”, and this app compares plain names only</source>
        <translation>在“{option}”中用模式“{pattern}”指定层，而本程序只比较普通名称</translation>
    </message>
    <message>
        <source>names “{name}” twice, with two hashes</source>
        <translation>两次列出“{name}”，校验值却不同</translation>
    </message>
    <message>
        <source>no example has anything left to learn; the longest has {longest} tokens, and {most} are kept</source>
        <translation>截断后没有任何样本还有可学习的内容；最长的样本有 {longest} 个词元，只保留 {most} 个</translation>
    </message>
    <message>
        <source>no file is called so</source>
        <translation>文件不能使用这样的名称</translation>
    </message>
    <message>
        <source>no file or model can have this name</source>
        <translation>文件或模型不能有这样的名称</translation>
    </message>
    <message>
        <source>no folder can have such a path</source>
        <translation>文件夹不能使用这样的路径</translation>
    </message>
    <message>
        <source>none of its chapters can be read</source>
        <translation>没有一章可以读取</translation>
    </message>
    <message>
        <source>none of its pages can be read</source>
        <translation>没有一页可以读取</translation>
    </message>
    <message>
        <source>not every system can have a file of this name</source>
        <translation>并非所有系统都支持这样的文件名</translation>
    </message>
    <message>
        <source>nothing is left of the import that was ended</source>
        <translation>已中断的导入没有留下任何内容</translation>
    </message>
    <message>
        <source>number of checkpoints that are kept</source>
        <translation>保留的检查点数量</translation>
    </message>
    <message>
        <source>number of epochs</source>
        <translation>训练轮数</translation>
    </message>
    <message>
        <source>number of steps</source>
        <translation>训练步数</translation>
    </message>
    <message>
        <source>number of steps between checkpoints</source>
        <translation>保存检查点的步数间隔</translation>
    </message>
    <message>
        <source>number of steps between evaluations</source>
        <translation>评估的步数间隔</translation>
    </message>
    <message>
        <source>number of steps between lines</source>
        <translation>输出日志的步数间隔</translation>
    </message>
    <message>
        <source>number of tokens of an example</source>
        <translation>每个样本的最大词元数</translation>
    </message>
    <message>
        <source>of main memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>of the memory of {name}</source>
        <translation>{name} 的显存</translation>
    </message>
    <message>
        <source>one of its pieces is not UTF-8</source>
        <translation>其中有词片不是 UTF-8</translation>
    </message>
    <message>
        <source>one of the folders lies in the other</source>
        <translation>两个文件夹互相包含</translation>
    </message>
    <message>
        <source>onnxruntime and onnxruntime-gpu are both installed, and each breaks the other.</source>
        <translation>onnxruntime 和 onnxruntime-gpu 同时安装了，它们会互相破坏。</translation>
    </message>
    <message>
        <source>overlaps another or leaves a gap</source>
        <translation>与其他张量重叠或留有空隙</translation>
    </message>
    <message>
        <source>preset {number} has more than {most} variables</source>
        <translation>第 {number} 个预设的变量超过 {most} 个</translation>
    </message>
    <message>
        <source>preset {number} has no name</source>
        <translation>第 {number} 个预设没有名称</translation>
    </message>
    <message>
        <source>preset {number} is no object</source>
        <translation>第 {number} 个预设不是 JSON 对象</translation>
    </message>
    <message>
        <source>reaches past the end of its data</source>
        <translation>超出了其数据的末尾</translation>
    </message>
    <message>
        <source>reaches past the end of the file</source>
        <translation>超出了文件末尾</translation>
    </message>
    <message>
        <source>reading it takes more than {count} MB of memory</source>
        <translation>读取它需要超过 {count} MB 内存</translation>
    </message>
    <message>
        <source>replaces “{name}” as a whole, and this app replaces the head, the embedding and norms only</source>
        <translation>整体替换“{name}”，而本程序只替换输出头、词嵌入和归一化层</translation>
    </message>
    <message>
        <source>rms_norm_eps is {value}, which is not between 0 and 1</source>
        <translation>rms_norm_eps 是 {value}，不在 0 和 1 之间</translation>
    </message>
    <message>
        <source>rope_theta is {value}, which is no base of rotary positions</source>
        <translation>rope_theta 是 {value}，不能作为旋转位置编码的底数</translation>
    </message>
    <message>
        <source>second beta of AdamW</source>
        <translation>AdamW 的 beta2</translation>
    </message>
    <message>
        <source>sets “{option}” to {value}, which this app does not compute</source>
        <translation>把“{option}”设为 {value}，本程序不计算这个选项</translation>
    </message>
    <message>
        <source>share of steps that warm up</source>
        <translation>预热步数占比</translation>
    </message>
    <message>
        <source>signal {number} ended it</source>
        <translation>信号 {number} 结束了它</translation>
    </message>
    <message>
        <source>something follows the end of the export</source>
        <translation>导出内容结束之后还有内容</translation>
    </message>
    <message>
        <source>something follows the end of the list</source>
        <translation>列表结束之后还有内容</translation>
    </message>
    <message>
        <source>takes {n} bytes, but its shape needs {need}</source>
        <translation>占 {n} 字节，而其形状需要 {need} 字节</translation>
    </message>
    <message>
        <source>tf32 has no effect: it is of cards from Ampere on, and there is none.</source>
        <translation>tf32 不起作用：它需要 Ampere 及更新的显卡，而这里没有。</translation>
    </message>
    <message>
        <source>the 16-bit model ({names})</source>
        <translation>16 位模型（{names}）</translation>
    </message>
    <message>
        <source>the 16-bit model (“{names}”)</source>
        <translation>16 位模型（“{names}”）</translation>
    </message>
    <message>
        <source>the 16-bit model that it was made from</source>
        <translation>量化前的 16 位模型</translation>
    </message>
    <message>
        <source>the conversation is empty</source>
        <translation>对话为空</translation>
    </message>
    <message>
        <source>the data in “{file}” have changed since</source>
        <translation>“{file}”中的数据此后有改动</translation>
    </message>
    <message>
        <source>the drive is full</source>
        <translation>磁盘已满</translation>
    </message>
    <message>
        <source>the drive reports an error</source>
        <translation>磁盘报告错误</translation>
    </message>
    <message>
        <source>the drive “{drive}” is not there any more</source>
        <translation>驱动器“{drive}”已不在此处</translation>
    </message>
    <message>
        <source>the file ends in the middle of its list</source>
        <translation>文件在列表中途结束</translation>
    </message>
    <message>
        <source>the file ends in the middle of this row</source>
        <translation>文件在这行数据中途结束</translation>
    </message>
    <message>
        <source>the file must hold keys and values</source>
        <translation>文件内容必须是键和值</translation>
    </message>
    <message>
        <source>the file of your conversations is damaged, which the next start of the window mends</source>
        <translation>您的对话文件已损坏，下次启动窗口时会修复它</translation>
    </message>
    <message>
        <source>the file “{name}” that it names is missing</source>
        <translation>它指向的文件“{name}”不存在</translation>
    </message>
    <message>
        <source>the folder is not empty</source>
        <translation>该文件夹不为空</translation>
    </message>
    <message>
        <source>the graphics card</source>
        <translation>显卡</translation>
    </message>
    <message>
        <source>the id “{id}” stands in line {number} already</source>
        <translation>id“{id}”已在第 {number} 行出现</translation>
    </message>
    <message>
        <source>the last message is not of the role “user”</source>
        <translation>最后一条消息的角色不是“user”</translation>
    </message>
    <message>
        <source>the memory of {device} ran out, and a library ended it</source>
        <translation>{device} 的显存用尽，程序库终止了它</translation>
    </message>
    <message>
        <source>the model folder “{folder}” cannot be used ({reason})</source>
        <translation>无法使用模型存放文件夹“{folder}”（{reason}）</translation>
    </message>
    <message>
        <source>the model folder “{folder}” lies inside of it</source>
        <translation>模型存放文件夹“{folder}”位于其内部</translation>
    </message>
    <message>
        <source>the model is another one (“{file}” has another content)</source>
        <translation>模型已不是同一个（“{file}”的内容不同）</translation>
    </message>
    <message>
        <source>the row is no object</source>
        <translation>这条数据不是对象</translation>
    </message>
    <message>
        <source>the scales of “{name}” are not readable</source>
        <translation>“{name}”的缩放系数无法读取</translation>
    </message>
    <message>
        <source>the shell (ulimit -d)</source>
        <translation>启动本应用的命令行环境（ulimit -d）</translation>
    </message>
    <message>
        <source>the shell (ulimit -v)</source>
        <translation>启动本应用的命令行环境（ulimit -v）</translation>
    </message>
    <message>
        <source>the signal {name} ended it</source>
        <translation>信号 {name} 结束了它</translation>
    </message>
    <message>
        <source>the system ended it, as it does when memory runs out</source>
        <translation>系统将它结束了，内存耗尽时会这样</translation>
    </message>
    <message>
        <source>the system gave it no more memory</source>
        <translation>系统没有更多内存可以给它</translation>
    </message>
    <message>
        <source>the “columns” of “{name}” are no object</source>
        <translation>“{name}”的“columns”不是对象</translation>
    </message>
    <message>
        <source>the “columns” of “{name}” have “{field}”, which is not one of {known}</source>
        <translation>“{name}”的“columns”含有“{field}”，只能使用 {known}</translation>
    </message>
    <message>
        <source>the “value” of message {number} is no text</source>
        <translation>第 {number} 条消息的“value”不是文本</translation>
    </message>
    <message>
        <source>the “{field}” of “{name}” is not known</source>
        <translation>“{name}”的“{field}”取值无法识别</translation>
    </message>
    <message>
        <source>there are more than {most} entries</source>
        <translation>条目超过 {most} 个</translation>
    </message>
    <message>
        <source>there are {now} files of data, and it was begun with {then}</source>
        <translation>现有 {now} 个数据文件，而开始时是 {then} 个</translation>
    </message>
    <message>
        <source>there is a control character</source>
        <translation>其中有控制字符</translation>
    </message>
    <message>
        <source>there is no backup to take more from</source>
        <translation>没有备份可供补全</translation>
    </message>
    <message>
        <source>there is no precision “{name}”; there are {known}</source>
        <translation>没有精度“{name}”；可用的有 {known}</translation>
    </message>
    <message>
        <source>there is no such file, and those of the app are called {names}</source>
        <translation>没有此文件；程序自带的配置名为 {names}</translation>
    </message>
    <message>
        <source>there is no such file, which “{name}” names</source>
        <translation>“{name}”所指的文件不存在</translation>
    </message>
    <message>
        <source>there is no such folder</source>
        <translation>没有这个文件夹</translation>
    </message>
    <message>
        <source>there is no such key</source>
        <translation>没有这个键</translation>
    </message>
    <message>
        <source>there is no such key, the closest is “{near}”</source>
        <translation>没有这个键，最接近的是“{near}”</translation>
    </message>
    <message>
        <source>this key is missing</source>
        <translation>缺少这个键</translation>
    </message>
    <message>
        <source>this machine</source>
        <translation>本机</translation>
    </message>
    <message>
        <source>this must be a list, not {shown}</source>
        <translation>这里必须是列表，而不是 {shown}</translation>
    </message>
    <message>
        <source>this must be a whole number, not {shown}</source>
        <translation>这里必须是整数，而不是 {shown}</translation>
    </message>
    <message>
        <source>this must be from 1 to {most}, not {days}</source>
        <translation>这里必须是 1 到 {most}，而不是 {days}</translation>
    </message>
    <message>
        <source>this must be text, not {shown}</source>
        <translation>这里必须是文本，而不是 {shown}</translation>
    </message>
    <message>
        <source>this must be true or false, not {shown}</source>
        <translation>这里必须是 true 或 false，而不是 {shown}</translation>
    </message>
    <message>
        <source>this must be {known}, not {shown}</source>
        <translation>这里必须是 {known}，而不是 {shown}</translation>
    </message>
    <message>
        <source>this text is empty</source>
        <translation>这段文本是空的</translation>
    </message>
    <message>
        <source>tokenizer.model has no pieces for some of its characters</source>
        <translation>tokenizer.model 中没有其中部分字符对应的词条</translation>
    </message>
    <message>
        <source>true or false</source>
        <translation>true 或 false</translation>
    </message>
    <message>
        <source>true, false or “auto”</source>
        <translation>true、false 或“auto”</translation>
    </message>
    <message>
        <source>unchanged since it was first read here</source>
        <translation>自首次在本机读取以来未变</translation>
    </message>
    <message>
        <source>was made for the task {task}, and not to write text</source>
        <translation>是为任务 {task} 制作的，不用于生成文本</translation>
    </message>
    <message>
        <source>was saved inside of something else: its tensors have “{prefix}” before their names</source>
        <translation>是包在别的对象里保存的：其张量名称前都有“{prefix}”</translation>
    </message>
    <message>
        <source>was trained on a base that “init_lora_weights” {start} had changed</source>
        <translation>训练时的基座已被“init_lora_weights”{start} 改动</translation>
    </message>
    <message>
        <source>weight decay</source>
        <translation>权重衰减</translation>
    </message>
    <message>
        <source>what it lacks came from the backup “{name}”</source>
        <translation>缺失的内容取自备份“{name}”</translation>
    </message>
    <message>
        <source>you may not take it away from where it lies</source>
        <translation>您没有权限将其从原处移走</translation>
    </message>
    <message>
        <source>you may not write there</source>
        <translation>您没有写入权限</translation>
    </message>
    <message>
        <source>you may not write to “{folder}”</source>
        <translation>您没有写入“{folder}”的权限</translation>
    </message>
    <message>
        <source>zero_optimization.stage is not 1, 2 or 3</source>
        <translation>zero_optimization.stage 不是 1、2 或 3</translation>
    </message>
    <message>
        <source>{count} messages of other versions are not in this file; an export as JSON has them.</source>
        <translation>其他版本的 {count} 条消息不在此文件中；导出为 JSON 时包含它们。</translation>
    </message>
    <message>
        <source>{count} models on this machine are “{name}”: {ids}.</source>
        <translation>这台机器上有 {count} 个模型都是“{name}”：{ids}。</translation>
    </message>
    <message>
        <source>{device} has compute capability {has}, for which the installed torch (CUDA {cuda}) has no code.</source>
        <translation>{device} 的计算能力是 {has}，安装的 torch（CUDA {cuda}）不含可在其上运行的代码。</translation>
    </message>
    <message>
        <source>{device} has driver {has}, but the installed torch (CUDA {cuda}) needs driver {least} or newer.</source>
        <translation>{device} 的驱动程序版本是 {has}，而安装的 torch（CUDA {cuda}）需要 {least} 或更新的版本。</translation>
    </message>
    <message>
        <source>{device} stopped working: {what}.</source>
        <translation>{device} 已停止响应：{what}。</translation>
    </message>
    <message>
        <source>{fact} In a context of {tokens} tokens, {precision} fits on {device}.</source>
        <translation>{fact}若将上下文缩短为 {tokens} 个词元，{precision} 可放入 {device}。</translation>
    </message>
    <message>
        <source>{first}; and {count} more</source>
        <translation>{first}；另有 {count} 处</translation>
    </message>
    <message>
        <source>{first}; {second}</source>
        <translation>{first}；{second}</translation>
    </message>
    <message>
        <source>{hint} The model answers without an adapter now.</source>
        <translation>{hint}模型现在不使用适配器回答。</translation>
    </message>
    <message>
        <source>{key} is no object</source>
        <translation>{key} 不是对象</translation>
    </message>
    <message>
        <source>{key} is taken as true: without it the result would hold no weights.</source>
        <translation>{key} 按 true 处理：否则结果中不会有权重。</translation>
    </message>
    <message>
        <source>{key} is {value} there, and {setting} in the settings; “auto” takes the settings&apos;</source>
        <translation>其中 {key} 为 {value}，而设置中为 {setting}；写“auto”则采用设置中的值</translation>
    </message>
    <message>
        <source>{key} is {value}, and not {wanted}</source>
        <translation>{key} 为 {value}，而应为{wanted}</translation>
    </message>
    <message>
        <source>{lacking:,} of its {end:,} bytes are missing</source>
        <translation>应有 {end:,} 字节，缺少 {lacking:,} 字节</translation>
    </message>
    <message>
        <source>{method} with gradient checkpointing and batches of 1: an adapter is learnt.</source>
        <translation>{method}，启用梯度检查点，每批 1 个样本：训练的是适配器。</translation>
    </message>
    <message>
        <source>{method} with gradient checkpointing: an adapter is learnt.</source>
        <translation>{method}，启用梯度检查点：训练的是适配器。</translation>
    </message>
    <message>
        <source>{names} and {count} more</source>
        <translation>{names}，另有 {count} 个</translation>
    </message>
    <message>
        <source>{name} in generation_config.json is {value}, which cannot be used: {instead} is taken instead, as in the published models.</source>
        <translation>generation_config.json 中的 {name} 是 {value}，无法使用：改用 {instead}，与官方发布的模型相同。</translation>
    </message>
    <message>
        <source>{name} is set, which no Baichuan model has</source>
        <translation>设置了 {name}，而百川模型都没有此项</translation>
    </message>
    <message>
        <source>{name}: {done:.1f} of {total:.1f} GiB</source>
        <translation>{name}：{done:.1f} / {total:.1f} GiB</translation>
    </message>
    <message>
        <source>{name}: {done:.1f} of {total:.1f} GiB · {speed:.0f} MiB/s</source>
        <translation>{name}：{done:.1f} / {total:.1f} GiB · {speed:.0f} MiB/s</translation>
    </message>
    <message>
        <source>{name}: {done} of {total}</source>
        <translation>{name}：{done} / {total}</translation>
    </message>
    <message>
        <source>{name}: {text}</source>
        <translation>{name}：{text}</translation>
    </message>
    <message>
        <source>{needed:.1f} GiB are needed, and {free:.1f} GiB are free</source>
        <translation>需要 {needed:.1f} GiB，只有 {free:.1f} GiB 可用</translation>
    </message>
    <message>
        <source>{part} could not be restored: {reason}.</source>
        <translation>{part}无法恢复：{reason}。</translation>
    </message>
    <message>
        <source>{precision} does not run on {device}.</source>
        <translation>{precision} 不能在{device}上运行。</translation>
    </message>
    <message>
        <source>{precision} is for graphics cards.</source>
        <translation>{precision} 是为显卡准备的。</translation>
    </message>
    <message>
        <source>{precision} needs compute capability {least}, but {device} has {has}.</source>
        <translation>{precision} 需要计算能力 {least}，但 {device} 的计算能力为 {has}。</translation>
    </message>
    <message>
        <source>{precision} needs {library}, which is not installed.</source>
        <translation>{precision} 需要 {library}，但没有安装它。</translation>
    </message>
    <message>
        <source>{precision} needs {need:.1f} GiB on {device}, and {free:.1f} GiB is free.</source>
        <translation>{precision} 在 {device} 上需要 {need:.1f} GiB，现有 {free:.1f} GiB 可用。</translation>
    </message>
    <message>
        <source>{precision} needs {need:.1f} GiB on {device}, but only {free:.1f} GiB is free of the {limit:.1f} GiB that {by} allows.</source>
        <translation>{precision} 在 {device} 上需要 {need:.1f} GiB，但在{by}允许的 {limit:.1f} GiB 中只有 {free:.1f} GiB 可用。</translation>
    </message>
    <message>
        <source>{precision} needs {need:.1f} GiB on {device}, but only {free:.1f} GiB is free.</source>
        <translation>{precision} 在 {device} 上需要 {need:.1f} GiB，但只有 {free:.1f} GiB 可用。</translation>
    </message>
    <message>
        <source>{precision} needs {need:.1f} GiB on {device}, but only {free:.1f} GiB is free: a context of {tokens} tokens would fit.</source>
        <translation>{precision} 在 {device} 上需要 {need:.1f} GiB，但只有 {free:.1f} GiB 可用：将上下文缩短为 {tokens} 个词元即可放下。</translation>
    </message>
    <message>
        <source>{precision} needs {need:.1f} GiB on {device}, which just fits into the {free:.1f} GiB that is free.</source>
        <translation>{precision} 在 {device} 上需要 {need:.1f} GiB，刚好放进可用的 {free:.1f} GiB。</translation>
    </message>
    <message>
        <source>{precision} needs {need:.1f} GiB, which fits on {devices} together.</source>
        <translation>{precision} 需要 {need:.1f} GiB，可以放进 {devices} 的总显存。</translation>
    </message>
    <message>
        <source>{precision} runs on {devices} with {n} of {layers} layers in the machine&apos;s memory, at about {speed} tokens/s by the {rate} GB/s at which that was read here.</source>
        <translation>{precision} 在 {devices} 上运行，有 {n} 层（共 {layers} 层）放在内存里，按本机测得的内存读取速度 {rate} GB/s，约为每秒 {speed} 个词元。</translation>
    </message>
    <message>
        <source>{precision} runs on {devices} with {n} of {layers} layers in the machine&apos;s memory, at about {speed} tokens/s if that is read at {rate} GB/s.</source>
        <translation>{precision} 在 {devices} 上运行，有 {n} 层（共 {layers} 层）放在内存里，若内存读取速度为 {rate} GB/s，约为每秒 {speed} 个词元。</translation>
    </message>
    <message>
        <source>{precision} runs with the embedding and the head that its export was written with.</source>
        <translation>{precision} 使用导出时写入的嵌入层和输出层运行。</translation>
    </message>
    <message>
        <source>{precision} with an 8-bit head</source>
        <translation>{precision}（8 位输出层）</translation>
    </message>
    <message>
        <source>{precision} with the embedding in the machine&apos;s memory</source>
        <translation>{precision}（嵌入层放在内存里）</translation>
    </message>
    <message>
        <source>{precision} with the embedding in the machine&apos;s memory and an 8-bit head</source>
        <translation>{precision}（嵌入层放在内存里，8 位输出层）</translation>
    </message>
    <message>
        <source>{precision}, in a context of {tokens} tokens instead of {full},</source>
        <translation>{precision}（上下文为 {tokens} 个词元，而非 {full} 个）</translation>
    </message>
    <message>
        <source>{waiting} requests are waiting already, and no more are taken in.</source>
        <translation>已有 {waiting} 个请求在排队，不再接受新的请求。</translation>
    </message>
    <message>
        <source>{what} (it was made for “{base}”)</source>
        <translation>{what}（它是为“{base}”制作的）</translation>
    </message>
    <message>
        <source>{what}: the administrator of this machine turned that off in its policy, {file}.</source>
        <translation>{what}：本机的管理员已在策略 {file} 中将其关闭。</translation>
    </message>
    <message>
        <source>“messages” is no list of 1 to {most} messages</source>
        <translation>“messages”不是包含 1 到 {most} 条消息的列表</translation>
    </message>
    <message>
        <source>“{address}” is no address of a machine</source>
        <translation>“{address}”不是机器的地址</translation>
    </message>
    <message>
        <source>“{address}” stands there a second time</source>
        <translation>“{address}”重复出现</translation>
    </message>
    <message>
        <source>“{entry}” in it declares entities</source>
        <translation>其中的“{entry}”声明了实体</translation>
    </message>
    <message>
        <source>“{entry}” in it has more than {count} elements</source>
        <translation>其中的“{entry}”有超过 {count} 个元素</translation>
    </message>
    <message>
        <source>“{entry}” in it is no XML</source>
        <translation>其中的“{entry}”不是 XML</translation>
    </message>
    <message>
        <source>“{entry}” in it unpacks to more than {count} times its size</source>
        <translation>其中的“{entry}”解压后超过原大小的 {count} 倍</translation>
    </message>
    <message>
        <source>“{entry}” is missing in it</source>
        <translation>其中缺少“{entry}”</translation>
    </message>
    <message>
        <source>“{file}” cannot be read any more: {reason}.</source>
        <translation>“{file}”已无法读取：{reason}。</translation>
    </message>
    <message>
        <source>“{file}” cannot be read: {reason}.</source>
        <translation>无法读取“{file}”：{reason}。</translation>
    </message>
    <message>
        <source>“{file}” cannot be read: {what}.</source>
        <translation>无法读取“{file}”：{what}。</translation>
    </message>
    <message>
        <source>“{file}” cannot be taken away: {reason}.</source>
        <translation>无法删除“{file}”：{reason}。</translation>
    </message>
    <message>
        <source>“{file}” cannot be used for TLS: {reason}.</source>
        <translation>“{file}”不能用于 TLS：{reason}。</translation>
    </message>
    <message>
        <source>“{file}” cannot be written: {reason}.</source>
        <translation>无法写入“{file}”：{reason}。</translation>
    </message>
    <message>
        <source>“{file}” changed while it was being copied, so the copy was thrown away.</source>
        <translation>“{file}”在复制过程中发生了变化，副本已丢弃。</translation>
    </message>
    <message>
        <source>“{file}” does not read back as it was written, so the copy was thrown away and the source was kept.</source>
        <translation>“{file}”回读的内容与写入的不一致，副本已丢弃，来源已保留。</translation>
    </message>
    <message>
        <source>“{file}” exists already.</source>
        <translation>“{file}”已存在。</translation>
    </message>
    <message>
        <source>“{file}” holds no conversations in a form that this version reads.</source>
        <translation>“{file}”中没有此版本能够读取的对话。</translation>
    </message>
    <message>
        <source>“{file}” holds something else than answers: look at line {number}.</source>
        <translation>“{file}”中有回答以外的内容：请看第 {number} 行。</translation>
    </message>
    <message>
        <source>“{file}” in the model&apos;s folder cannot be read: {reason}.</source>
        <translation>无法读取模型文件夹中的“{file}”：{reason}。</translation>
    </message>
    <message>
        <source>“{file}” is a link to a file outside of the model&apos;s folder.</source>
        <translation>“{file}”是指向模型文件夹之外的文件的链接。</translation>
    </message>
    <message>
        <source>“{file}” is another file than {info} names: its SHA-1 differs.</source>
        <translation>“{file}”与 {info} 中登记的文件不同：SHA-1 不一致。</translation>
    </message>
    <message>
        <source>“{file}” is damaged: it does not have the hash that “{source}” says of it, so the copy was thrown away.</source>
        <translation>“{file}”已损坏：其哈希值与“{source}”记录的不一致，副本已丢弃。</translation>
    </message>
    <message>
        <source>“{file}” is empty.</source>
        <translation>“{file}”是空的。</translation>
    </message>
    <message>
        <source>“{file}” is more than this app reads at once: {what}.</source>
        <translation>“{file}”超出本程序一次读取的范围：{what}。</translation>
    </message>
    <message>
        <source>“{file}” is no backup that can be used: {what}.</source>
        <translation>“{file}”不是可用的备份：{what}。</translation>
    </message>
    <message>
        <source>“{file}” is no file of conversations, or nothing of it can be read.</source>
        <translation>“{file}”不是对话文件，或者其中的内容都无法读取。</translation>
    </message>
    <message>
        <source>“{file}” is no ordinary file</source>
        <translation>“{file}”不是普通文件</translation>
    </message>
    <message>
        <source>“{file}” is not a text in UTF-8.</source>
        <translation>“{file}”不是 UTF-8 编码的文本。</translation>
    </message>
    <message>
        <source>“{file}” is not what was kept of the training: {what}.</source>
        <translation>“{file}”与保存时的内容不一致：{what}。</translation>
    </message>
    <message>
        <source>“{file}” says more of how the adapter was made than is shown.</source>
        <translation>“{file}”中关于适配器制作过程的内容比显示的更多。</translation>
    </message>
    <message>
        <source>“{file}” was exported by a newer version of this app.</source>
        <translation>“{file}”由本程序的更新版本导出。</translation>
    </message>
    <message>
        <source>“{file}” was made by a newer version of the app, so it cannot be read here.</source>
        <translation>“{file}”由更新版本的程序生成，因此在这里无法读取。</translation>
    </message>
    <message>
        <source>“{file}” was not restored: a window of the app has your conversations open.</source>
        <translation>未恢复“{file}”：程序的一个窗口正打开着您的对话。</translation>
    </message>
    <message>
        <source>“{file}” was read back as another one</source>
        <translation>“{file}”复制后读回的内容不一致</translation>
    </message>
    <message>
        <source>“{file}” was written by a newer version of the app (format {version}, this version reads {known}).</source>
        <translation>“{file}”是较新版本的应用写的（格式 {version}，此版本能读 {known}）。</translation>
    </message>
    <message>
        <source>“{file}” was written by a newer version of the app (format {version}, this version writes {known}), and is kept as it is.</source>
        <translation>“{file}”由较新版本的程序写入（格式 {version}，本版本写入 {known}），将原样保留。</translation>
    </message>
    <message>
        <source>“{file}” was written by a newer version of the app, so it is neither shown nor changed.</source>
        <translation>“{file}”由更新版本的程序写入，因此不会显示，也不会更改。</translation>
    </message>
    <message>
        <source>“{file}” was written by a newer version of the app, so its presets are neither shown nor changed.</source>
        <translation>“{file}”由更新版本的程序写成，因此其中的预设既不显示，也不修改。</translation>
    </message>
    <message>
        <source>“{file}”, line {line}</source>
        <translation>“{file}”第 {line} 行</translation>
    </message>
    <message>
        <source>“{file}”, line {line}: {what}.</source>
        <translation>“{file}”第 {line} 行：{what}。</translation>
    </message>
    <message>
        <source>“{file}”, which says where your conversations lie, cannot be used: {reason}.</source>
        <translation>记录您对话位置的文件“{file}”无法使用：{reason}。</translation>
    </message>
    <message>
        <source>“{file}”: {what}.</source>
        <translation>“{file}”：{what}。</translation>
    </message>
    <message>
        <source>“{folder}” cannot be deleted: {reason}.</source>
        <translation>无法删除“{folder}”：{reason}。</translation>
    </message>
    <message>
        <source>“{folder}” cannot be imported: {what}.</source>
        <translation>无法导入“{folder}”：{what}。</translation>
    </message>
    <message>
        <source>“{folder}” cannot be read: {reason}.</source>
        <translation>无法读取“{folder}”：{reason}。</translation>
    </message>
    <message>
        <source>“{folder}” cannot be written to: {reason}.</source>
        <translation>无法写入“{folder}”：{reason}。</translation>
    </message>
    <message>
        <source>“{folder}” exists already</source>
        <translation>“{folder}”已存在</translation>
    </message>
    <message>
        <source>“{folder}” exists already.</source>
        <translation>“{folder}”已经存在。</translation>
    </message>
    <message>
        <source>“{folder}” holds no training that could go on.</source>
        <translation>“{folder}”中没有可以继续的微调。</translation>
    </message>
    <message>
        <source>“{folder}” holds something already (“{name}”), and nothing there is written over.</source>
        <translation>“{folder}”中已有内容（“{name}”），其中的内容不会被覆盖。</translation>
    </message>
    <message>
        <source>“{folder}” is a link to a place that is not there.</source>
        <translation>“{folder}”是一个链接，其指向的位置不存在。</translation>
    </message>
    <message>
        <source>“{folder}” is a part of the app&apos;s own installation</source>
        <translation>“{folder}”是程序自身安装内容的一部分</translation>
    </message>
    <message>
        <source>“{folder}” is no folder</source>
        <translation>“{folder}”不是文件夹</translation>
    </message>
    <message>
        <source>“{folder}” is not an adapter&apos;s folder: {what}.</source>
        <translation>“{folder}”不是适配器文件夹：{what}。</translation>
    </message>
    <message>
        <source>“{folder}” is not opened here, only models below {allowed}</source>
        <translation>本机不允许打开“{folder}”，只能打开 {allowed} 之下的模型</translation>
    </message>
    <message>
        <source>“{folder}” is not there</source>
        <translation>“{folder}”不存在</translation>
    </message>
    <message>
        <source>“{folder}” lies on the drive “{drive}”, which is not here now.</source>
        <translation>“{folder}”位于驱动器“{drive}”上，该驱动器现在未连接。</translation>
    </message>
    <message>
        <source>“{id}” is a released model that is not on this machine.</source>
        <translation>“{id}”是已发布的模型，但不在这台电脑上。</translation>
    </message>
    <message>
        <source>“{id}” is listed by the registry of this machine, not by yours.</source>
        <translation>“{id}”列在本机的系统级模型登记表中，不在您的登记表中。</translation>
    </message>
    <message>
        <source>“{key}” is empty</source>
        <translation>“{key}”为空</translation>
    </message>
    <message>
        <source>“{key}” is missing or cannot be one</source>
        <translation>缺少“{key}”，或其取值无效</translation>
    </message>
    <message>
        <source>“{key}” is no object</source>
        <translation>“{key}”不是 JSON 对象</translation>
    </message>
    <message>
        <source>“{key}” is no object of texts</source>
        <translation>“{key}”不是由文字组成的 JSON 对象</translation>
    </message>
    <message>
        <source>“{key}” is no text</source>
        <translation>“{key}”不是文字</translation>
    </message>
    <message>
        <source>“{key}” is not known; known are: {known}</source>
        <translation>未知的“{key}”；可用的有：{known}</translation>
    </message>
    <message>
        <source>“{key}” of preset {number} cannot be what it is there</source>
        <translation>第 {number} 个预设的“{key}”取值无效</translation>
    </message>
    <message>
        <source>“{key}” of preset {number} has more than {most} characters</source>
        <translation>第 {number} 个预设的“{key}”超过 {most} 个字符</translation>
    </message>
    <message>
        <source>“{key}” of preset {number} is no object</source>
        <translation>第 {number} 个预设的“{key}”不是 JSON 对象</translation>
    </message>
    <message>
        <source>“{key}” of preset {number} is no text</source>
        <translation>第 {number} 个预设的“{key}”不是文字</translation>
    </message>
    <message>
        <source>“{key}” of “sampling” cannot be what it is there</source>
        <translation>“sampling”中的“{key}”取值无效</translation>
    </message>
    <message>
        <source>“{key}” stands in it twice</source>
        <translation>其中“{key}”出现了两次</translation>
    </message>
    <message>
        <source>“{model_id}” is not loaded, for verifying it failed: one of its files is not what it should be ({names}).</source>
        <translation>未加载“{model_id}”，因为校验失败：有一个文件与应有的内容不符（{names}）。</translation>
    </message>
    <message>
        <source>“{model_id}” is not loaded, for verifying it failed: {count} of its files are not what they should be ({names}).</source>
        <translation>未加载“{model_id}”，因为校验失败：有 {count} 个文件与应有的内容不符（{names}）。</translation>
    </message>
    <message>
        <source>“{model_id}” is not loaded: the policy of this machine, {file}, wants its files verified against a list of the administrator&apos;s or of the registry, which names {count} of them not ({names}).</source>
        <translation>没有加载“{model_id}”：本机的策略 {file} 要求其文件对照管理员或登记表的清单校验，而清单中没有其中的 {count} 个文件（{names}）。</translation>
    </message>
    <message>
        <source>“{model_id}” is not loaded: the policy of this machine, {file}, wants its files verified against a list of the administrator&apos;s or of the registry.</source>
        <translation>没有加载“{model_id}”：本机的策略 {file} 要求其文件对照管理员或登记表的清单校验。</translation>
    </message>
    <message>
        <source>“{model_id}” is not loaded: verifying it failed, and its files have changed since ({names}).</source>
        <translation>未加载“{model_id}”：校验失败，且此后文件又有改动（{names}）。</translation>
    </message>
    <message>
        <source>“{model}” is not served here, only “{served}” is.</source>
        <translation>这里不提供“{model}”，只提供“{served}”。</translation>
    </message>
    <message>
        <source>“{name}” cannot be attached: {what}.</source>
        <translation>无法附加“{name}”：{what}。</translation>
    </message>
    <message>
        <source>“{name}” cannot be read, or is a link to what is not there.</source>
        <translation>“{name}”无法读取，或是指向不存在内容的链接。</translation>
    </message>
    <message>
        <source>“{name}” cannot be read: the process that reads it has ended ({reason}).</source>
        <translation>无法读取“{name}”：读取它的进程已结束（{reason}）。</translation>
    </message>
    <message>
        <source>“{name}” cannot be read: {reason}.</source>
        <translation>无法读取“{name}”：{reason}。</translation>
    </message>
    <message>
        <source>“{name}” cannot be unpacked</source>
        <translation>“{name}”无法解压</translation>
    </message>
    <message>
        <source>“{name}” changed while it was being read.</source>
        <translation>“{name}”在读取过程中发生了变化。</translation>
    </message>
    <message>
        <source>“{name}” has more than {most} MiB</source>
        <translation>“{name}”超过 {most} MiB</translation>
    </message>
    <message>
        <source>“{name}” has no “file_name”</source>
        <translation>“{name}”缺少“file_name”</translation>
    </message>
    <message>
        <source>“{name}” has the same weights and is here already; nothing was copied.</source>
        <translation>“{name}”具有相同的权重且已在本机，未复制任何内容。</translation>
    </message>
    <message>
        <source>“{name}” has the shape {found}, and its layer {rows} rows</source>
        <translation>“{name}”的形状是 {found}，而它的层有 {rows} 行</translation>
    </message>
    <message>
        <source>“{name}” has “{field}”, which is not known</source>
        <translation>“{name}”含有无法识别的字段“{field}”</translation>
    </message>
    <message>
        <source>“{name}” holds no text.</source>
        <translation>“{name}”中没有文字。</translation>
    </message>
    <message>
        <source>“{name}” in it is damaged</source>
        <translation>其中的“{name}”已损坏</translation>
    </message>
    <message>
        <source>“{name}” in it is no file of conversations</source>
        <translation>其中的“{name}”不是对话文件</translation>
    </message>
    <message>
        <source>“{name}” in its zip is damaged</source>
        <translation>zip 中的“{name}”已损坏</translation>
    </message>
    <message>
        <source>“{name}” is a Git LFS pointer: the file itself was not downloaded.</source>
        <translation>“{name}”是 Git LFS 指针：文件本身尚未下载。</translation>
    </message>
    <message>
        <source>“{name}” is an export for ONNX Runtime, which cannot be fine-tuned</source>
        <translation>“{name}”是 ONNX 导出模型，无法微调</translation>
    </message>
    <message>
        <source>“{name}” is compressed by method {method}, which PyTorch never uses</source>
        <translation>“{name}”采用压缩方法 {method}，PyTorch 从不使用该方法</translation>
    </message>
    <message>
        <source>“{name}” is damaged or was changed: {what}.</source>
        <translation>“{name}”已损坏或被改动：{what}。</translation>
    </message>
    <message>
        <source>“{name}” is damaged: {what}, though its size and its time are as they were.</source>
        <translation>“{name}”已损坏：{what}，而大小和时间都没有变。</translation>
    </message>
    <message>
        <source>“{name}” is damaged: {what}.</source>
        <translation>“{name}”已损坏：{what}。</translation>
    </message>
    <message>
        <source>“{name}” is encrypted</source>
        <translation>“{name}”已加密</translation>
    </message>
    <message>
        <source>“{name}” is encrypted or compressed, as in no backup</source>
        <translation>“{name}”经过加密或压缩，备份不会这样</translation>
    </message>
    <message>
        <source>“{name}” is encrypted, so its text cannot be read.</source>
        <translation>“{name}”已加密，无法读取其中的文字。</translation>
    </message>
    <message>
        <source>“{name}” is missing in it</source>
        <translation>其中缺少“{name}”</translation>
    </message>
    <message>
        <source>“{name}” is missing, and the registry names it.</source>
        <translation>缺少“{name}”，而模型登记表中列有它。</translation>
    </message>
    <message>
        <source>“{name}” is missing, and the site&apos;s list names it.</source>
        <translation>缺少“{name}”，而管理员的校验值清单中列有它。</translation>
    </message>
    <message>
        <source>“{name}” is missing.</source>
        <translation>缺少“{name}”。</translation>
    </message>
    <message>
        <source>“{name}” is no list of questions with their answers</source>
        <translation>“{name}”不是由问答对组成的列表</translation>
    </message>
    <message>
        <source>“{name}” is no matrix: its shape is {shape}</source>
        <translation>“{name}”不是矩阵：它的形状是 {shape}</translation>
    </message>
    <message>
        <source>“{name}” is no text</source>
        <translation>“{name}”不是文本</translation>
    </message>
    <message>
        <source>“{name}” is not a list</source>
        <translation>“{name}”不是列表</translation>
    </message>
    <message>
        <source>“{name}” is not an export of the weights of {model}.</source>
        <translation>“{name}”不是由 {model} 的权重导出的。</translation>
    </message>
    <message>
        <source>“{name}” is not an object</source>
        <translation>“{name}”不是对象</translation>
    </message>
    <message>
        <source>“{name}” is not as large as its list says</source>
        <translation>“{name}”的大小与清单不符</translation>
    </message>
    <message>
        <source>“{name}” is packed in a way that is not read</source>
        <translation>“{name}”的压缩方式无法读取</translation>
    </message>
    <message>
        <source>“{name}” is quantised ({precision}), and an adapter is merged only into weights of 16 or 32 bits.</source>
        <translation>“{name}”已量化（{precision}），适配器只能合并到 16 位或 32 位的权重中。</translation>
    </message>
    <message>
        <source>“{name}” is stored in {precision}, and QLoRA needs 4 or 16 bits</source>
        <translation>“{name}”以 {precision} 存储，而 QLoRA 需要 4 位或 16 位的模型</translation>
    </message>
    <message>
        <source>“{name}” is stored in {precision}, and only weights in 16 or 32 bits are fine-tuned by “{method}”</source>
        <translation>“{name}”以 {precision} 存储，而“{method}”只能微调 16 位或 32 位的权重</translation>
    </message>
    <message>
        <source>“{name}” is too large to be attached: {what}.</source>
        <translation>“{name}”太大，无法附加：{what}。</translation>
    </message>
    <message>
        <source>“{name}” is {address} on this machine, where no other reaches it: its address in the network belongs there</source>
        <translation>在本机上“{name}”解析为 {address}，其他机器无法通过它连接：应写本机的网络地址</translation>
    </message>
    <message>
        <source>“{name}” lies in “{folder}” now.</source>
        <translation>“{name}”现在位于“{folder}”。</translation>
    </message>
    <message>
        <source>“{name}” lies on the internet ({field}), and nothing is fetched from there</source>
        <translation>“{name}”位于互联网上（{field}），本程序不会从网络获取任何内容</translation>
    </message>
    <message>
        <source>“{name}” was not read, so the model would be given nothing of it.</source>
        <translation>“{name}”没有读成，模型将得不到其中的内容。</translation>
    </message>
    <message>
        <source>“{setting}” is {wanted}, and it was begun with {kept}</source>
        <translation>“{setting}”现为 {wanted}，而开始时是 {kept}</translation>
    </message>
    <message>
        <source>“{unused}” is not used, because “{used}” is there, too.</source>
        <translation>没有使用“{unused}”，因为同时存在“{used}”。</translation>
    </message>
    <message>
        <source>“{words}” is not slots=NUMBER</source>
        <translation>“{words}”不是 slots=数字</translation>
    </message>
    <message>
        <source>Delete that folder and export the model again, or choose another precision.</source>
        <translation>请删除该文件夹并重新导出该模型，或选择其他精度。</translation>
    </message>
    <message>
        <source>Choose precisions of the model itself, such as bf16 or 4bit.</source>
        <translation>请选择模型自身的精度，例如 bf16 或 4bit。</translation>
    </message>
    <message>
        <source>Export it first: baichuan-desktop export-onnx MODEL --precision P. The report of “baichuan-desktop doctor” names exports that are left out.</source>
        <translation>请先导出：baichuan-desktop export-onnx MODEL --precision P。“baichuan-desktop doctor”的报告会列出未被采用的导出。</translation>
    </message>
    <message>
        <source>Free memory and take the file out and in again, or split it into smaller ones.</source>
        <translation>请腾出内存，移除该文件后重新添加；或把它拆成几个较小的文件。</translation>
    </message>
    <message>
        <source>Install the app with its extra “{extra}”: docs/fine-tuning.md says how.</source>
        <translation>请安装程序的可选依赖“{extra}”，方法见 docs/fine-tuning.zh-CN.md。</translation>
    </message>
    <message>
        <source>Its last lines are in the log of the training; --resume goes on from the last checkpoint.</source>
        <translation>其最后几行在训练日志中；--resume 从最近的检查点继续。</translation>
    </message>
    <message>
        <source>Loading {name}: recording CUDA graphs, {done} of {total}</source>
        <translation>正在加载 {name}：正在录制 CUDA 图（{done}/{total}）</translation>
    </message>
    <message>
        <source>Take config.json as it was published.</source>
        <translation>请使用原样发布的 config.json。</translation>
    </message>
    <message>
        <source>The config.json of “{name}” says that z_loss_weight is {value}, and it must be a number from 0 on</source>
        <translation>“{name}”的 config.json 中 z_loss_weight 为 {value}，而它必须是不小于 0 的数</translation>
    </message>
    <message>
        <source>The export in “{folder}” was refused: {reason}</source>
        <translation>“{folder}”中的导出已被拒绝：{reason}</translation>
    </message>
    <message>
        <source>The process that reads the data ended unexpectedly ({cause}).</source>
        <translation>读取数据的进程意外结束（{cause}）。</translation>
    </message>
    <message>
        <source>a library aborted it ({code})</source>
        <translation>某个库使它中止（{code}）</translation>
    </message>
    <message>
        <source>a library that it needs cannot be loaded ({code})</source>
        <translation>无法加载它所需的某个库（{code}）</translation>
    </message>
    <message>
        <source>a model file became unreadable while in use ({code})</source>
        <translation>模型文件在使用中变得无法读取（{code}）</translation>
    </message>
    <message>
        <source>cannot be used with an export for ONNX Runtime</source>
        <translation>不能与 ONNX Runtime 的导出模型一起使用</translation>
    </message>
    <message>
        <source>generation_config.json is not used, for {what}: the model is taken for a base model, and sampled as the published ones are.</source>
        <translation>未使用 generation_config.json，因为{what}：该模型按基座模型处理，采样参数与官方发布的基座模型相同。</translation>
    </message>
    <message>
        <source>holds nothing of “{name}” but its name</source>
        <translation>中的“{name}”只有名称，没有内容</translation>
    </message>
    <message>
        <source>holds what a training program keeps, with “{name}” in it, and not only the tensors of a model</source>
        <translation>保存的是训练程序的状态（其中有“{name}”），而不只是模型的张量</translation>
    </message>
    <message>
        <source>holds “{name}” in the type {dtype}, which this app does not run</source>
        <translation>以 {dtype} 类型存储“{name}”，本应用无法运行这种类型</translation>
    </message>
    <message>
        <source>is a text of {size:,} bytes, the file itself was not downloaded</source>
        <translation>是一段 {size:,} 字节的文本，文件本身没有下载</translation>
    </message>
    <message>
        <source>is not UTF-8 text</source>
        <translation>不是 UTF-8 文本</translation>
    </message>
    <message>
        <source>it cannot be started ({reason})</source>
        <translation>无法启动（{reason}）</translation>
    </message>
    <message>
        <source>it crashed in native code ({code})</source>
        <translation>它在本机代码中崩溃（{code}）</translation>
    </message>
    <message>
        <source>it did not answer when it was asked to stop, and was ended</source>
        <translation>它没有响应停止请求，已被结束</translation>
    </message>
    <message>
        <source>it has no pieces</source>
        <translation>其中没有词条</translation>
    </message>
    <message>
        <source>it has {pieces:,} pieces, but the model&apos;s vocabulary has {rows:,}, and no file says what the others are</source>
        <translation>它有 {pieces:,} 个词条，而模型的词表有 {rows:,} 行，且没有文件说明其余各行是什么</translation>
    </message>
    <message>
        <source>it has {pieces:,} pieces, but {family} has {released:,}</source>
        <translation>它有 {pieces:,} 个词条，而 {family} 有 {released:,} 个</translation>
    </message>
    <message>
        <source>it holds a number of {count:,} digits</source>
        <translation>其中有一个 {count:,} 位的数</translation>
    </message>
    <message>
        <source>it holds no tensors</source>
        <translation>其中没有张量</translation>
    </message>
    <message>
        <source>it holds “{name}” twice</source>
        <translation>其中有两个“{name}”</translation>
    </message>
    <message>
        <source>it is the tokenizer of {found}, but the weights are of {expected}</source>
        <translation>它是 {found} 的分词器，而权重是 {expected} 的</translation>
    </message>
    <message>
        <source>it needed more stack than there is ({code})</source>
        <translation>它所需的栈超出了可用的大小（{code}）</translation>
    </message>
    <message>
        <source>it replaces a character by {count:,} bytes</source>
        <translation>它会把一个字符替换成 {count:,} 字节</translation>
    </message>
    <message>
        <source>its directory is cut off</source>
        <translation>其目录不完整</translation>
    </message>
    <message>
        <source>its directory is implausibly large</source>
        <translation>其目录大得不合理</translation>
    </message>
    <message>
        <source>its directory is not readable</source>
        <translation>其目录无法读取</translation>
    </message>
    <message>
        <source>its list of tensors holds a name of {count:,} bytes</source>
        <translation>其张量列表中有一个 {count:,} 字节的名称</translation>
    </message>
    <message>
        <source>its list of tensors holds a number of {count:,} bytes</source>
        <translation>其张量列表中有一个 {count:,} 字节的数</translation>
    </message>
    <message>
        <source>its list of tensors is nested too deeply</source>
        <translation>其张量列表嵌套过深</translation>
    </message>
    <message>
        <source>its pieces have {count:,} bytes</source>
        <translation>它的词条共有 {count:,} 字节</translation>
    </message>
    <message>
        <source>its sample texts have {count:,} bytes</source>
        <translation>其中的示例文本有 {count:,} 字节</translation>
    </message>
    <message>
        <source>memory ran out, and {reason}</source>
        <translation>内存已耗尽，{reason}</translation>
    </message>
    <message>
        <source>no file can have this name</source>
        <translation>文件不能使用这个名称</translation>
    </message>
    <message>
        <source>one of its pieces has {count:,} bytes</source>
        <translation>其中一个词条有 {count:,} 字节</translation>
    </message>
    <message>
        <source>oneDNN does not multiply on this processor: {reason}.</source>
        <translation>oneDNN 无法在此 CPU 上计算矩阵乘积：{reason}。</translation>
    </message>
    <message>
        <source>oneDNN, packed</source>
        <translation>oneDNN，权重预先重排</translation>
    </message>
    <message>
        <source>signal {number}</source>
        <translation>信号 {number}</translation>
    </message>
    <message>
        <source>ssh must reach that machine without asking for anything, and app, model and data must lie there in the same folders as here. Its last lines are in the log of the training.</source>
        <translation>ssh 必须能不经询问连到那台机器，应用、模型和数据必须位于与这里相同的文件夹中。它的最后几行在微调的日志里。</translation>
    </message>
    <message>
        <source>the control group (container or service) that the app runs in</source>
        <translation>应用所在的控制组（容器或服务）</translation>
    </message>
    <message>
        <source>the memory of this machine</source>
        <translation>本机内存</translation>
    </message>
    <message>
        <source>the system (vm.overcommit_memory is 2)</source>
        <translation>系统（vm.overcommit_memory 为 2）</translation>
    </message>
    <message>
        <source>the system ended it ({code}), as it does when memory runs out</source>
        <translation>系统结束了它（{code}），内存耗尽时就会这样</translation>
    </message>
    <message>
        <source>the system ended it with the code {code}</source>
        <translation>系统结束了它，代码为 {code}</translation>
    </message>
    <message>
        <source>the system gave it no more memory ({code})</source>
        <translation>系统没有再给它内存（{code}）</translation>
    </message>
    <message>
        <source>this processor lacks an instruction that a library uses ({code})</source>
        <translation>此处理器缺少某个库所用的指令（{code}）</translation>
    </message>
    <message>
        <source>tie_word_embeddings is set, which no Baichuan model has</source>
        <translation>设置了 tie_word_embeddings，而百川模型都没有此项</translation>
    </message>
    <message>
        <source>torch is not installed.</source>
        <translation>没有安装 torch。</translation>
    </message>
    <message>
        <source>torch&apos;s ordinary product</source>
        <translation>torch 的普通矩阵乘法</translation>
    </message>
    <message>
        <source>torch&apos;s ordinary product, slow at prompts</source>
        <translation>torch 的普通矩阵乘法，处理提示词较慢</translation>
    </message>
    <message>
        <source>{better} {fact}</source>
        <translation>{better}{fact}</translation>
    </message>
    <message>
        <source>{count:,} of its pieces steer the model instead of being text, and at most {most:,} may</source>
        <translation>其中 {count:,} 个词条用于控制模型而不是文本，最多允许 {most:,} 个</translation>
    </message>
    <message>
        <source>{device} cannot be used: torch is installed without CUDA.</source>
        <translation>无法使用 {device}：安装的 torch 不带 CUDA。</translation>
    </message>
    <message>
        <source>{device} has compute capability {has}, but the installed torch (CUDA {cuda}) needs {least}.</source>
        <translation>{device} 的计算能力是 {has}，而安装的 torch（CUDA {cuda}）需要 {least}。</translation>
    </message>
    <message>
        <source>{name} is missing</source>
        <translation>缺少 {name}</translation>
    </message>
    <message>
        <source>{name} is {value}, which is not a whole number from {low} to {high}</source>
        <translation>{name} 是 {value}，不是 {low} 到 {high} 之间的整数</translation>
    </message>
    <message>
        <source>{name} must be from {low:g} to {high:g}, not {value:g}.</source>
        <translation>{name}须在 {low:g} 到 {high:g} 之间，不能是 {value:g}。</translation>
    </message>
    <message>
        <source>{precision} needs bitsandbytes, which is not installed.</source>
        <translation>{precision} 需要 bitsandbytes，但没有安装。</translation>
    </message>
    <message>
        <source>{precision} over {devices} leaves {need:.1f} GiB for the machine&apos;s memory, but only {free:.1f} GiB is free.</source>
        <translation>{precision} 分布到 {devices} 后还有 {need:.1f} GiB 要放进内存，但只有 {free:.1f} GiB 可用。</translation>
    </message>
    <message>
        <source>{present} of its {total} weight files are there, missing: {names}</source>
        <translation>{total} 个权重文件中只有 {present} 个，缺少：{names}</translation>
    </message>
    <message>
        <source>{present} of the {total} files that it names are there, missing: {names}</source>
        <translation>它列出的 {total} 个文件中只有 {present} 个，缺少：{names}</translation>
    </message>
    <message>
        <source>{source} is wrong at {place}: {what}.</source>
        <translation>{source} 的 {place} 处有误：{what}。</translation>
    </message>
    <message>
        <source>{source} {what}.</source>
        <translation>{source}：{what}。</translation>
    </message>
    <message>
        <source>{what} needs {prompt_tokens} tokens, but this model reads {context_length} tokens, prompt and answer together.</source>
        <translation>{what}需要 {prompt_tokens} 个词元，而该模型最多读取 {context_length} 个词元（提示与回答合计）。</translation>
    </message>
    <message>
        <source>“{file}” changed while it was being converted, so the copy was thrown away.</source>
        <translation>“{file}”在转换期间发生了变化，所以副本已被丢弃。</translation>
    </message>
    <message>
        <source>“{file}” holds only a part of the tensors.</source>
        <translation>“{file}”只含有一部分张量。</translation>
    </message>
    <message>
        <source>“{file}” is a {found} file by its content, not what its name says.</source>
        <translation>“{file}”的内容是 {found} 格式，与其文件名不符。</translation>
    </message>
    <message>
        <source>“{file}” is damaged or incomplete: {what}.</source>
        <translation>“{file}”已损坏或不完整：{what}。</translation>
    </message>
    <message>
        <source>“{file}” was refused: {what}.</source>
        <translation>“{file}”被拒绝：{what}。</translation>
    </message>
    <message>
        <source>“{file}” was written by a PyTorch before 1.6, whose format this app does not read.</source>
        <translation>“{file}”由 1.6 之前的 PyTorch 写成，本应用不读取该格式。</translation>
    </message>
    <message>
        <source>“{file}” {what}.</source>
        <translation>“{file}”{what}。</translation>
    </message>
    <message>
        <source>“{folder}” cannot be put into the trash: {reason}.</source>
        <translation>无法将“{folder}”移到回收站：{reason}。</translation>
    </message>
    <message>
        <source>“{folder}” cannot be run: {what}.</source>
        <translation>“{folder}”无法运行：{what}。</translation>
    </message>
    <message>
        <source>“{folder}” holds no text file (.txt or .md).</source>
        <translation>“{folder}”中没有文本文件（.txt 或 .md）。</translation>
    </message>
    <message>
        <source>“{folder}” is being written by another run.</source>
        <translation>另一次运行正在写入“{folder}”。</translation>
    </message>
    <message>
        <source>“{folder}” is not a Baichuan checkpoint folder: {what}.</source>
        <translation>“{folder}”不是百川模型文件夹：{what}。</translation>
    </message>
    <message>
        <source>“{folder}” is what an import or a copy has made so far.</source>
        <translation>“{folder}”是尚未完成的导入或复制的中间结果。</translation>
    </message>
    <message>
        <source>“{folder}” was not looked into: it is what an import or a copy has made so far.</source>
        <translation>未查看“{folder}”：它是尚未完成的导入或复制的中间结果。</translation>
    </message>
    <message>
        <source>“{name}” gives {count} tokens to compare precisions on, but at least {least} are needed.</source>
        <translation>“{name}”只有 {count} 个词元可用于比较精度，至少需要 {least} 个。</translation>
    </message>
    <message>
        <source>“{name}” has an impossible place</source>
        <translation>“{name}”的位置不可能存在</translation>
    </message>
    <message>
        <source>“{name}” has the shape {found}, but config.json implies {implied}</source>
        <translation>“{name}”的形状是 {found}，而按 config.json 应为 {implied}</translation>
    </message>
    <message>
        <source>“{name}” has two sizes</source>
        <translation>“{name}”有两个不同的大小</translation>
    </message>
    <message>
        <source>“{name}” has values that {precision} cannot hold.</source>
        <translation>“{name}”中有 {precision} 无法表示的数值。</translation>
    </message>
    <message>
        <source>“{name}” holds what is not a number</source>
        <translation>“{name}”含有不是数的值</translation>
    </message>
    <message>
        <source>“{name}” is a Baichuan 1 model, whose head is a linear one already.</source>
        <translation>“{name}”是 Baichuan 1 模型，它的输出头本来就是线性层。</translation>
    </message>
    <message>
        <source>“{name}” is a portable export, which is for other programs.</source>
        <translation>“{name}”是可移植的导出，供其他程序使用。</translation>
    </message>
    <message>
        <source>“{name}” is an export for ONNX Runtime, which cannot be converted.</source>
        <translation>“{name}”是 ONNX Runtime 的导出，不能再转换。</translation>
    </message>
    <message>
        <source>“{name}” is implausibly large</source>
        <translation>“{name}”大得不合理</translation>
    </message>
    <message>
        <source>“{name}” is in two places</source>
        <translation>“{name}”出现在两处</translation>
    </message>
    <message>
        <source>“{name}” is not as it was when its removal was asked for.</source>
        <translation>“{name}”与请求移除时相比已发生变化。</translation>
    </message>
    <message>
        <source>“{name}” is not downloaded completely.</source>
        <translation>“{name}”尚未下载完整。</translation>
    </message>
    <message>
        <source>“{name}” is not in the site&apos;s list.</source>
        <translation>“{name}”不在管理员的校验值清单中。</translation>
    </message>
    <message>
        <source>“{name}” is not what was written</source>
        <translation>“{name}”与写入时的内容不符</translation>
    </message>
    <message>
        <source>“{name}” is not where the archive says</source>
        <translation>“{name}”不在归档所记录的位置</translation>
    </message>
    <message>
        <source>“{name}” is of rank {found}, and adapter_config.json says {rank}</source>
        <translation>“{name}”的秩为 {found}，而 adapter_config.json 写的是 {rank}</translation>
    </message>
    <message>
        <source>“{name}” is quantised already ({precision}).</source>
        <translation>“{name}”已经是量化模型（{precision}）。</translation>
    </message>
    <message>
        <source>“{name}” is quantised, and only 16- or 32-bit weights can be converted.</source>
        <translation>“{name}”是量化模型，只有 16 位或 32 位权重可以转换。</translation>
    </message>
    <message>
        <source>“{name}” is the name of a folder, which any adapter can be given; the SHA-256 of its file tells an adapter for certain.</source>
        <translation>“{name}”是文件夹的名称，任何适配器都可以用；适配器文件的 SHA-256 才能可靠地识别它。</translation>
    </message>
    <message>
        <source>“{name}” is whole: its {count} files are what they should be.</source>
        <translation>“{name}”完好：{count} 个文件都与应有的内容一致。</translation>
    </message>
    <message>
        <source>“{name}” is whole: {known} of its {count} files are what they should be, and of the others a change is noticed from here on.</source>
        <translation>“{name}”完好：{count} 个文件中有 {known} 个与应有的内容一致，其余文件今后的改动都能发现。</translation>
    </message>
    <message>
        <source>“{name}” is zero throughout</source>
        <translation>“{name}”全为零</translation>
    </message>
    <message>
        <source>“{name}” is {right}, but {what}.</source>
        <translation>“{name}”{right}，但{what}。</translation>
    </message>
    <message>
        <source>“{name}” is {value}, not {expected}</source>
        <translation>“{name}”是 {value}，而不是 {expected}</translation>
    </message>
    <message>
        <source>“{name}” names nothing here, and so allows nothing: it is no released model that its files tell, and no entry of the site&apos;s registry.</source>
        <translation>“{name}”在本机没有所指，因此不允许任何模型：它既不是能从文件认出的已发布模型，也不是系统级模型登记表中的条目。</translation>
    </message>
    <message>
        <source>“{name}” of the adapter&apos;s file is a part of the model that it was made for, and is not used.</source>
        <translation>适配器文件中的“{name}”属于它所适配的模型，没有使用。</translation>
    </message>
    <message>
        <source>“{name}” overlaps another part</source>
        <translation>“{name}”与其他部分重叠</translation>
    </message>
    <message>
        <source>“{name}” was a file, and is a link now.</source>
        <translation>“{name}”原是文件，现在是链接。</translation>
    </message>
    <message>
        <source>“{name}” was a file, and {what} now.</source>
        <translation>“{name}”原是文件，现在{what}。</translation>
    </message>
    <message>
        <source>“{name}” was changed: {what}.</source>
        <translation>“{name}”已被改动：{what}。</translation>
    </message>
    <message>
        <source>“{name}” was not among the model&apos;s files before, and the model is loaded from it.</source>
        <translation>“{name}”此前不在模型的文件之中，而现在模型从它加载。</translation>
    </message>
    <message>
        <source>“{name}” was not among the model&apos;s files before, and {what}.</source>
        <translation>“{name}”此前不属于该模型的文件，而且{what}。</translation>
    </message>
    <message>
        <source>“{name}” was not among the model&apos;s files before.</source>
        <translation>“{name}”此前不属于该模型的文件。</translation>
    </message>
    <message>
        <source>“{name}” was written after the model was added, and no hash of it was known before.</source>
        <translation>“{name}”在添加模型之后被写入过，而此前没有它的校验值。</translation>
    </message>
    <message>
        <source>“{name}” {what}.</source>
        <translation>“{name}”{what}。</translation>
    </message>
    <message>
        <source>“{name}”: of {count} more tensors, all is zero or not a number.</source>
        <translation>“{name}”：另有 {count} 个张量全为零或不是有效数值。</translation>
    </message>
    <message>
        <source>“{name}”: {what}.</source>
        <translation>“{name}”：{what}。</translation>
    </message>
    <message>
        <source>“{option}” is missing</source>
        <translation>缺少“{option}”</translation>
    </message>
    <message>
        <source>“{option}” is {value}, which is not {wanted}</source>
        <translation>“{option}”是 {value}，不是{wanted}</translation>
    </message>
    <message>
        <source>“{path}” can be written by {writer}, and must be the administrator&apos;s alone</source>
        <translation>“{path}”可被 {writer} 写入，而它必须只能由管理员写入</translation>
    </message>
    <message>
        <source>“{path}” cannot be read: {reason}.</source>
        <translation>无法读取“{path}”：{reason}。</translation>
    </message>
    <message>
        <source>“{path}” is a link, which may lead anywhere</source>
        <translation>“{path}”是链接，可能指向任何地方</translation>
    </message>
    <message>
        <source>“{tensor}” {what}</source>
        <translation>“{tensor}”{what}</translation>
    </message>
    <message>
        <source>4-bit FP4, 4-bit floating point</source>
        <translation>4-bit FP4，4 位浮点数</translation>
    </message>
    <message>
        <source>4-bit NF4, as the 4-bit models were published</source>
        <translation>4-bit NF4，与官方发布的 4-bit 模型相同</translation>
    </message>
    <message>
        <source>8-bit, closest to the original</source>
        <translation>8-bit，最接近原模型</translation>
    </message>
    <message>
        <source>About {count} h left</source>
        <translation>大约还需 {count} 小时</translation>
    </message>
    <message>
        <source>About {count} h left for this step</source>
        <translation>此步骤还需约 {count} 小时</translation>
    </message>
    <message>
        <source>About {count} min left</source>
        <translation>大约还需 {count} 分钟</translation>
    </message>
    <message>
        <source>About {count} min left for this step</source>
        <translation>此步骤还需约 {count} 分钟</translation>
    </message>
    <message>
        <source>Checking the copy</source>
        <translation>检查副本</translation>
    </message>
    <message>
        <source>Compare quality</source>
        <translation>比较质量</translation>
    </message>
    <message>
        <source>Compared precisions: {done} of {count}</source>
        <translation>已比较的精度：{done} / {count}</translation>
    </message>
    <message>
        <source>Comparing quality</source>
        <translation>正在比较质量</translation>
    </message>
    <message>
        <source>Convert to safetensors</source>
        <translation>转换为 safetensors</translation>
    </message>
    <message>
        <source>Converting a copy</source>
        <translation>正在转换副本</translation>
    </message>
    <message>
        <source>Export for ONNX Runtime</source>
        <translation>导出为 ONNX Runtime</translation>
    </message>
    <message>
        <source>Exporting for ONNX Runtime</source>
        <translation>正在导出为 ONNX Runtime</translation>
    </message>
    <message>
        <source>Less than a minute left</source>
        <translation>剩余不到一分钟</translation>
    </message>
    <message>
        <source>Less than a minute left for this step</source>
        <translation>此步骤还需不到 1 分钟</translation>
    </message>
    <message>
        <source>Measure speed</source>
        <translation>测量速度</translation>
    </message>
    <message>
        <source>Measured precisions: {done} of {count}</source>
        <translation>已测量的精度：{done} / {count}</translation>
    </message>
    <message>
        <source>Measuring speed</source>
        <translation>正在测量速度</translation>
    </message>
    <message>
        <source>Quantise a copy</source>
        <translation>量化一份副本</translation>
    </message>
    <message>
        <source>Quantising a copy</source>
        <translation>正在量化副本</translation>
    </message>
    <message>
        <source>Reading the model</source>
        <translation>读取模型</translation>
    </message>
    <message>
        <source>Step {number} of {count}: {name} · {percent} %</source>
        <translation>第 {number} 步，共 {count} 步：{name} · {percent}%</translation>
    </message>
    <message>
        <source>The job ended and did not say what came of it.</source>
        <translation>任务已结束，但没有说明结果。</translation>
    </message>
    <message>
        <source>Time left: not known yet</source>
        <translation>剩余时间：暂时未知</translation>
    </message>
    <message>
        <source>Weights as they are</source>
        <translation>权重保持原样</translation>
    </message>
    <message>
        <source>What is written so far stays in a folder that ends in “.partial”; the same copy, begun again, goes on from there.</source>
        <translation>已写入的内容会留在以“.partial”结尾的文件夹中；再次制作同一副本时，会从那里继续。</translation>
    </message>
    <message>
        <source>Writes a complete copy of the model as safetensors, a format that cannot hold code. The weights are the same, and the model itself stays as it is.</source>
        <translation>以 safetensors 格式写入一份完整的模型副本，这种格式不能包含代码。权重相同，原模型保持不变。</translation>
    </message>
    <message>
        <source>Writes a complete copy of the model with smaller weights, which loads faster than quantising at every start. The model itself stays as it is.</source>
        <translation>写入一份权重更小的完整模型副本，比每次启动时量化加载得更快。原模型保持不变。</translation>
    </message>
    <message>
        <source>Writing the copy</source>
        <translation>写入副本</translation>
    </message>
    <message>
        <source>decoding after {count} tokens</source>
        <translation>在 {count} 个词元之后生成</translation>
    </message>
    <message>
        <source>fp16, for NVIDIA cards</source>
        <translation>fp16，用于 NVIDIA 显卡</translation>
    </message>
    <message>
        <source>fp32, for comparisons</source>
        <translation>fp32，用于比较</translation>
    </message>
    <message>
        <source>int4, in blocks of {count} weights</source>
        <translation>int4，每 {count} 个权重一块</translation>
    </message>
    <message>
        <source>int8, in blocks of {count} weights</source>
        <translation>int8，每 {count} 个权重一块</translation>
    </message>
    <message>
        <source>loading, {percent} %</source>
        <translation>正在加载，{percent}%</translation>
    </message>
    <message>
        <source>reading {count} tokens</source>
        <translation>读取 {count} 个词元</translation>
    </message>
    <message>
        <source>{done} of {total} tokens</source>
        <translation>{done} / {total} 个词元</translation>
    </message>
    <message>
        <source>{precision} ({number} of {count}): starting</source>
        <translation>{precision}（第 {number} 个，共 {count} 个）：正在启动</translation>
    </message>
    <message>
        <source>{precision} ({number} of {count}): {what}</source>
        <translation>{precision}（第 {number} 个，共 {count} 个）：{what}</translation>
    </message>
    <message>
        <source>“{name}” has one more precision: {precision}.</source>
        <translation>“{name}”多了一种精度：{precision}。</translation>
    </message>
    <message>
        <source>“{name}” is exported for other programs.</source>
        <translation>“{name}”已导出，供其他程序使用。</translation>
    </message>
    <message>
        <source>“{name}” is listed.</source>
        <translation>“{name}”已加入列表。</translation>
    </message>
    <message>
        <source>“{folder}” was not looked into: ModelScope keeps half downloads there.</source>
        <translation>没有查找“{folder}”：ModelScope 把未完成的下载放在那里。</translation>
    </message>
    <message>
        <source>Folders more than {count} levels below “{folder}” were not looked into.</source>
        <translation>没有查找“{folder}”以下超过 {count} 层的文件夹。</translation>
    </message>
    <message>
        <source>If the link is your own, put the file itself in its place, or look through a folder in which both lie.</source>
        <translation>如果这个链接是您自己建立的，请把文件本身放到链接的位置，或者查找同时包含链接和文件的文件夹。</translation>
    </message>
    <message>
        <source>Of “{folder}”, only {count} entries were looked at.</source>
        <translation>“{folder}”中只查看了 {count} 个条目。</translation>
    </message>
    <message>
        <source>The search ended after {count} entries, before “{folder}”.</source>
        <translation>查看 {count} 个条目之后，查找已结束，没有查看“{folder}”。</translation>
    </message>
    <message>
        <source>“{folder}” cannot be read ({reason}).</source>
        <translation>无法读取“{folder}”（{reason}）。</translation>
    </message>
    <message>
        <source>“{folder}” cannot be read any more ({reason}).</source>
        <translation>“{folder}”现在无法读取了（{reason}）。</translation>
    </message>
    <message>
        <source>“{link}” is a link to “{target}”, which lies outside of “{root}”.</source>
        <translation>“{link}”是指向“{target}”的链接，而目标位于“{root}”之外。</translation>
    </message>
    <message>
        <source>“{link}” leads to “{target}”, out of “{folder}”, and was not followed.</source>
        <translation>“{link}”指向“{folder}”之外的“{target}”，没有跟随这个链接。</translation>
    </message>
    <message>
        <source>it holds more than {count} files</source>
        <translation>其中的文件超过 {count} 个</translation>
    </message>
</context>
</TS>
