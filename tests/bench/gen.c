/* SPDX-License-Identifier: MIT */
/*
 * Text by Zipf's law from two vocabularies whose heads are words of service
 * desks and whose tails are put together from syllables and characters. No
 * attempt at grammar: what is measured looks at words and bytes only.
 */
#include "gen.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "galley/base/json.h"
#include "galley/base/mem.h"
#include "galley/base/rnd.h"

#define EN_WORDS 40000
#define ZH_WORDS 30000
#define PICKS	 (1u << 20)
#define HAN_MAX	 3755 /* of GB 2312, level 1 */

enum salt {
	SALT_WORDS,
	SALT_LANG,
	SALT_BODY,
	SALT_SUBJECT,
	SALT_TICKET,
	SALT_PERSON
};
enum lang { LANG_EN, LANG_ZH, LANG_MIXED };

struct vocab {
	char **word;
	uint8_t *len;
	int n;
	uint16_t *pick; /* a quantile of Zipf's law -> word */
};

struct gen {
	struct vocab en, zh;
};

static const char *const en_head[] = {"the", "to", "and", "order", "my", "a",
	"is", "not", "for", "of", "I", "you", "it", "please", "refund", "have",
	"was", "on", "that", "this", "with", "account", "be", "in", "but",
	"delivery", "we", "your", "can", "payment", "thank", "has", "invoice",
	"at", "when", "received", "are", "package", "from", "still", "help",
	"number", "email", "been", "would", "address", "days", "as", "there",
	"cancel", "card", "again", "customer", "service", "problem", "after",
	"what", "password", "item", "return", "shipping", "if", "me", "how",
	"week", "already", "charged", "error", "will", "contact", "they",
	"damaged", "so", "wrong", "no", "or", "tracking", "subscription",
	"working", "phone", "screen", "need", "do", "replacement", "warranty",
	"by", "support", "website", "twice", "since", "date", "update", "login",
	"money", "bank", "confirm", "an", "store", "size", "colour", "broken",
	"missing", "waiting", "yesterday", "today", "could", "receipt",
	"battery", "voucher", "discount", "billing", "urgent", "complaint",
	"technician", "router", "contract", "hotel", "booking", "flight",
	"seat", "luggage", "meter", "install", "version", "crash", "printer",
	"cable", "manual", "office", "monday", "friday", "courier", "parcel",
	"customs", "coupon", "upgrade", "plan", "balance", "transfer", NULL};
static const char *const zh_head[] = {"的", "我", "了", "订单", "是", "您好",
	"请", "退款", "没有", "你们", "在", "不", "收到", "快递", "商品",
	"客服", "我们", "什么", "时候", "已经", "发货", "怎么", "可以", "物流",
	"问题", "还是", "一直", "申请", "麻烦", "处理", "谢谢", "退货", "账号",
	"付款", "地址", "联系", "密码", "登录", "手机", "支付", "失败", "显示",
	"发票", "质量", "电话", "昨天", "今天", "为什么", "尽快", "取消",
	"优惠券", "客户", "卖家", "包裹", "系统", "验证码", "银行卡", "投诉",
	"换货", "尺码", "颜色", "破损", "少发", "补发", "运费", "到账",
	"工作日", "催单", "保修", "安装", "师傅", "上门", "维修", "屏幕",
	"电池", "会员", "积分", "余额", "充值", "提现", "合同", "续费", "套餐",
	"流量", "宽带", "故障", "断网", "航班", "改签", "酒店", "预订", "押金",
	"行李", "海关", "仓库", "缺货", "预售", "直播", "链接", "截图", "附件",
	"核实", "反馈", "升级", "版本", "闪退", "打印机", "说明书", NULL};
static const char *const onset[] = {"b", "c", "d", "f", "g", "h", "j", "k", "l",
	"m", "n", "p", "r", "s", "t", "v", "w", "st", "tr", "pl", "gr", "ch",
	"sh", "br"};
static const char *const vowel[] = {"a", "e", "i", "o", "u", "ea", "ou", "ai"};
static const char *const coda[] = {
	"", "n", "r", "s", "t", "l", "m", "ck", "nd"};
/* Lengths of letters in sixteenths of all letters: log-normal, sigma 0.7. */
static const int length_words[16] = {
	17, 25, 31, 37, 43, 48, 54, 60, 67, 75, 84, 95, 110, 129, 160, 233};

static const char *const statuses[] = {"new", "open", "open", "pending",
	"stalled", "resolved", "resolved", "closed"};

static struct rnd rnd_of(enum salt salt, uint64_t i)
{
	struct rnd r;

	rnd_seed(&r, (uint64_t)salt << 56 ^ i);
	return r;
}

#define PICK(r, list) ((list)[rnd_below(r, ARRAY_SIZE(list))])

/* --- vocabularies ----------------------------------------------------------
 */

static void add_syllable(struct buf *b, struct rnd *r, int last)
{
	buf_adds(b, PICK(r, onset));
	buf_adds(b, PICK(r, vowel));
	if (last || rnd_chance(r, 1, 3))
		buf_adds(b, PICK(r, coda));
}

static char *en_word(struct rnd *r)
{
	struct buf b = BUF_INIT;
	int n = 2 + (int)rnd_below(r, 3);

	for (int i = 1; i <= n; i++)
		add_syllable(&b, r, i == n);
	return buf_take(&b);
}

/* The common characters in the order of the standard. */
static int han_list(char (*out)[4])
{
	iconv_t cd = iconv_open("UTF-8", "GB2312");
	int n = 0;

	if (cd == (iconv_t)-1)
		abort();
	for (int hi = 0xb0; hi <= 0xd7 && n < HAN_MAX; hi++)
		for (int lo = 0xa1; lo <= 0xfe && n < HAN_MAX; lo++) {
			char in[2] = {(char)hi, (char)lo};
			char *from = in, *to = out[n];
			size_t in_left = 2, out_left = 3;

			memset(out[n], 0, 4);
			if (iconv(cd, &from, &in_left, &to, &out_left) == 0)
				n++;
		}
	iconv_close(cd);
	return n;
}

/* Low numbers are taken more often, as some characters are. */
static char *zh_word(struct rnd *r, char (*han)[4], int n_han)
{
	struct buf b = BUF_INIT;
	int shape = (int)rnd_below(r, 10);
	int n = shape < 1 ? 1 : shape < 8 ? 2 : shape < 9 ? 3 : 4;

	for (int i = 0; i < n; i++) {
		uint64_t a = rnd_below(r, (uint64_t)n_han);
		uint64_t b2 = rnd_below(r, (uint64_t)n_han);

		buf_adds(&b, han[a * b2 / (uint64_t)n_han]);
	}
	return buf_take(&b);
}

/* Word k is taken in proportion to 1 / (k + 2). */
static void vocab_weigh(struct vocab *v)
{
	double sum = 0, upto = 0;
	uint32_t at = 0;

	v->pick = xcalloc(PICKS, sizeof(*v->pick));
	v->len = xcalloc((size_t)v->n, 1);
	for (int k = 0; k < v->n; k++) {
		sum += 1.0 / (k + 2);
		v->len[k] = (uint8_t)strlen(v->word[k]);
	}
	for (int k = 0; k < v->n; k++) {
		upto += 1.0 / (k + 2);
		while (at < PICKS && at < upto / sum * PICKS)
			v->pick[at++] = (uint16_t)k;
	}
	while (at < PICKS)
		v->pick[at++] = 0;
}

static int vocab_head(struct vocab *v, int n, const char *const *head)
{
	int i;

	v->n = n;
	v->word = xcalloc((size_t)n, sizeof(*v->word));
	for (i = 0; head[i]; i++)
		v->word[i] = xstrdup(head[i]);
	return i;
}

struct gen *gen_new(void)
{
	struct gen *g = xcalloc(1, sizeof(*g));
	char(*han)[4] = xcalloc(HAN_MAX, sizeof(*han));
	struct rnd r = rnd_of(SALT_WORDS, 0);
	int n_han = han_list(han);

	for (int i = vocab_head(&g->en, EN_WORDS, en_head); i < EN_WORDS; i++)
		g->en.word[i] = en_word(&r);
	for (int i = vocab_head(&g->zh, ZH_WORDS, zh_head); i < ZH_WORDS; i++)
		g->zh.word[i] = zh_word(&r, han, n_han);
	free(han);
	vocab_weigh(&g->en);
	vocab_weigh(&g->zh);
	return g;
}

static void vocab_fini(struct vocab *v)
{
	for (int i = 0; i < v->n; i++)
		free(v->word[i]);
	free(v->word);
	free(v->len);
	free(v->pick);
}

void gen_free(struct gen *g)
{
	if (!g)
		return;
	vocab_fini(&g->en);
	vocab_fini(&g->zh);
	free(g);
}

/* --- text ------------------------------------------------------------------
 */

static void add_word(const struct vocab *v, struct rnd *r, struct buf *out)
{
	unsigned k = v->pick[rnd_u64(r) >> 44];

	buf_add(out, v->word[k], v->len[k]);
}

static void add_en(
	const struct gen *g, struct rnd *r, int words, struct buf *out)
{
	int since = 0;

	for (int i = 0; i < words; i++) {
		size_t at = out->len;

		add_word(&g->en, r, out);
		if (since++ == 0 && out->p[at] >= 'a' && out->p[at] <= 'z')
			out->p[at] = (char)(out->p[at] - 'a' + 'A');
		if (i + 1 == words || (since > 5 && rnd_chance(r, 1, 12))) {
			buf_addc(out, '.');
			since = 0;
		} else if (rnd_chance(r, 1, 14)) {
			buf_addc(out, ',');
		}
		buf_addc(out, rnd_chance(r, 1, 60) ? '\n' : ' ');
	}
}

static void add_zh(
	const struct gen *g, struct rnd *r, int words, struct buf *out)
{
	int since = 0;

	for (int i = 0; i < words; i++) {
		add_word(&g->zh, r, out);
		since++;
		if (i + 1 == words || (since > 8 && rnd_chance(r, 1, 8))) {
			buf_adds(out, "。");
			since = 0;
			if (rnd_chance(r, 1, 6))
				buf_addc(out, '\n');
		} else if (since > 3 && rnd_chance(r, 1, 7)) {
			buf_adds(out, "，");
		}
	}
}

/* All messages of a ticket are in its language: half English, two fifths
 * Chinese, the rest mixed. */
static enum lang lang_of(uint64_t ticket)
{
	struct rnd r = rnd_of(SALT_LANG, ticket);
	uint64_t x = rnd_below(&r, 10);

	return x < 5 ? LANG_EN : x < 9 ? LANG_ZH : LANG_MIXED;
}

void gen_body(const struct gen *g, uint64_t message, struct buf *out)
{
	struct rnd r = rnd_of(SALT_BODY, message);
	int words = length_words[rnd_below(&r, 16)] + (int)rnd_below(&r, 9);

	switch (lang_of(message / GEN_THREAD)) {
	case LANG_EN:
		add_en(g, &r, words * 9 / 8, out);
		break;
	case LANG_ZH:
		add_zh(g, &r, words * 5 / 4, out);
		break;
	case LANG_MIXED:
		add_en(g, &r, words / 2, out);
		add_zh(g, &r, words * 2 / 3, out);
		break;
	}
	if (message % 50000 == 17)
		buf_adds(out, " " GEN_RARE_EN);
	if (message % 50000 == 23)
		buf_adds(out, GEN_RARE_ZH);
	buf_addf(out, " #ORD-%06u", (unsigned)rnd_below(&r, 1000000));
}

void gen_subject(const struct gen *g, uint64_t ticket, struct buf *out)
{
	struct rnd r = rnd_of(SALT_SUBJECT, ticket);
	size_t at = out->len;

	if (lang_of(ticket) == LANG_EN)
		add_en(g, &r, 4 + (int)rnd_below(&r, 6), out);
	else
		add_zh(g, &r, 4 + (int)rnd_below(&r, 5), out);
	while (out->len > at && (unsigned char)out->p[out->len - 1] <= ' ')
		out->p[--out->len] = '\0';
	for (; at < out->len; at++)
		if (out->p[at] == '\n')
			out->p[at] = ' ';
}

void gen_person(const struct gen *g, uint64_t person, struct buf *name,
	struct buf *mail)
{
	struct rnd r = rnd_of(SALT_PERSON, person);

	if (rnd_chance(&r, 2, 5)) {
		buf_adds(name, g->zh.word[200 + rnd_below(&r, 3000)]);
	} else {
		buf_adds(name, g->en.word[1000 + rnd_below(&r, 8000)]);
		buf_addc(name, ' ');
		buf_adds(name, g->en.word[1000 + rnd_below(&r, 30000)]);
	}
	buf_addf(mail, "u%llu@%s.example", (unsigned long long)person,
		g->en.word[1000 + rnd_below(&r, 500)]);
}

void gen_ticket(uint64_t ticket, struct gen_ticket *out)
{
	struct rnd r = rnd_of(SALT_TICKET, ticket);

	out->queue = 1 + (unsigned)rnd_below(&r, GEN_QUEUES);
	out->owner = (unsigned)rnd_below(&r, GEN_AGENTS);
	out->customer = 1 + (unsigned)rnd_below(&r, GEN_CUSTOMERS);
	out->priority = (unsigned)rnd_below(&r, 4) * 25;
	out->status = PICK(&r, statuses);
	out->created_s = GEN_EPOCH_S + (int64_t)ticket * 97 * GEN_THREAD;
	out->updated_s = out->created_s + (int64_t)rnd_below(&r, 5000000);
}

int64_t gen_message_at_s(uint64_t message)
{
	return GEN_EPOCH_S + (int64_t)message * 97;
}

/* --- JSON ------------------------------------------------------------------
 */

static void put_time(struct jw *w, const char *key, int64_t at_s)
{
	char text[32];
	time_t t = (time_t)at_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	jw_kstr(w, key, text);
}

static void put_person(
	const struct gen *g, struct jw *w, const char *key, unsigned person)
{
	struct buf name = BUF_INIT, mail = BUF_INIT;

	gen_person(g, person, &name, &mail);
	jw_key(w, key);
	jw_obj(w);
	jw_kint(w, "id", person);
	jw_kstr(w, "name", buf_str(&name));
	jw_kstr(w, "email", buf_str(&mail));
	jw_kstr(w, "phone", "+86-138-0013-8000");
	jw_kstr(w, "locale", "zh-CN");
	jw_kstr(w, "time_zone", "Asia/Shanghai");
	jw_kbool(w, "verified", 1);
	jw_kint(w, "organization_id", person % 500);
	jw_obj_end(w);
	buf_fini(&name);
	buf_fini(&mail);
}

static void put_custom_fields(struct jw *w, uint64_t ticket)
{
	static const char *const values[] = {
		"null", "\"ORD-1234567\"", "true", "42.5"};

	jw_key(w, "custom_fields");
	jw_arr(w);
	for (unsigned i = 0; i < 14; i++) {
		jw_obj(w);
		jw_kint(w, "id", 36000000 + i * 137);
		jw_key(w, "value");
		jw_raw(w, values[(ticket + i) % ARRAY_SIZE(values)]);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

/* What real answers carry and nobody reads. */
static void put_ballast(struct jw *w, uint64_t ticket)
{
	static const char *const minutes[] = {"reply_time_in_minutes",
		"first_resolution_time_in_minutes",
		"full_resolution_time_in_minutes", "agent_wait_time_in_minutes",
		"requester_wait_time_in_minutes", "on_hold_time_in_minutes"};

	jw_key(w, "via");
	jw_raw(w, "{\"channel\":\"email\",\"source\":{\"from\":{\"address\":"
		  "\"someone@mail.example\",\"name\":\"x\"},\"to\":{\"address\""
		  ":\"support@desk.example\",\"name\":\"Support\"},\"rel\":"
		  "null}}");
	jw_key(w, "metric_set");
	jw_obj(w);
	for (size_t i = 0; i < ARRAY_SIZE(minutes); i++) {
		jw_key(w, minutes[i]);
		jw_obj(w);
		jw_kint(w, "calendar", (int64_t)(ticket * 7 + i) % 9000);
		jw_kint(w, "business", (int64_t)(ticket * 3 + i) % 3000);
		jw_obj_end(w);
	}
	jw_obj_end(w);
	jw_key(w, "satisfaction_rating");
	jw_raw(w, "{\"score\":\"unoffered\",\"comment\":null}");
	jw_key(w, "sharing_agreement_ids");
	jw_raw(w, "[]");
	jw_kbool(w, "allow_channelback", 0);
	jw_kbool(w, "allow_attachments", 1);
	jw_kbool(w, "from_messaging_channel", 0);
	jw_kint(w, "ticket_form_id", (int64_t)ticket % 9);
	jw_kint(w, "brand_id", (int64_t)ticket % 7);
}

void gen_ticket_json(const struct gen *g, uint64_t ticket, struct buf *out)
{
	struct gen_ticket t;
	struct buf text = BUF_INIT;
	struct jw w;

	gen_ticket(ticket, &t);
	jw_init(&w, out);
	jw_obj(&w);
	jw_kint(&w, "id", (int64_t)ticket + 1);
	gen_subject(g, ticket, &text);
	jw_kstr(&w, "subject", buf_str(&text));
	jw_kstr(&w, "raw_subject", buf_str(&text));
	buf_reset(&text);
	gen_body(g, ticket * GEN_THREAD, &text);
	jw_kstr(&w, "description", buf_str(&text));
	jw_kstr(&w, "status", t.status);
	jw_kint(&w, "priority", t.priority);
	jw_kint(&w, "queue_id", t.queue);
	put_person(g, &w, "requester", t.customer);
	put_person(g, &w, "assignee", GEN_CUSTOMERS + 1 + t.owner);
	jw_key(&w, "tags");
	jw_arr(&w);
	jw_str(&w, g->en.word[20 + ticket % 200]);
	jw_str(&w, g->en.word[20 + ticket * 7 % 200]);
	jw_arr_end(&w);
	put_custom_fields(&w, ticket);
	put_ballast(&w, ticket);
	put_time(&w, "due_at", t.created_s + 86400);
	put_time(&w, "created_at", t.created_s);
	put_time(&w, "updated_at", t.updated_s);
	jw_obj_end(&w);
	buf_fini(&text);
}

static const char *author_of(uint64_t message, unsigned *person)
{
	struct gen_ticket t;

	gen_ticket(message / GEN_THREAD, &t);
	*person = message % 2 ? GEN_CUSTOMERS + 1 + t.owner : t.customer;
	return message % 2 ? "agent" : "end-user";
}

void gen_message_json(const struct gen *g, uint64_t message, struct buf *out)
{
	struct buf body = BUF_INIT;
	const char *role;
	unsigned person;
	struct jw w;

	role = author_of(message, &person);
	gen_body(g, message, &body);
	jw_init(&w, out);
	jw_obj(&w);
	jw_kint(&w, "id", (int64_t)message + 1);
	jw_kint(&w, "ticket_id", (int64_t)(message / GEN_THREAD) + 1);
	jw_kstr(&w, "type", "Comment");
	jw_kint(&w, "author_id", person);
	jw_kstr(&w, "role", role);
	jw_kbool(&w, "public", message % 7 != 1);
	jw_kstr(&w, "body", buf_str(&body));
	jw_key(&w, "attachments");
	jw_raw(&w, "[]");
	jw_key(&w, "via");
	jw_raw(&w, "{\"channel\":\"web\",\"source\":{\"from\":{},\"to\":{},"
		   "\"rel\":null}}");
	jw_key(&w, "metadata");
	jw_raw(&w, "{\"system\":{\"client\":\"Mozilla/5.0\",\"ip_address\":"
		   "\"10.0.0.1\",\"location\":\"Shanghai\"},\"custom\":{}}");
	put_time(&w, "created_at", gen_message_at_s(message));
	jw_obj_end(&w);
	buf_fini(&body);
}

static void put_page(const struct gen *g, uint64_t page, uint64_t total,
	const char *name, struct buf *out,
	void (*one)(const struct gen *, uint64_t, struct buf *))
{
	uint64_t from = page * GEN_PAGE, to = from + GEN_PAGE;

	buf_addf(out, "{\"%s\":[", name);
	for (uint64_t i = from; i < to && i < total; i++) {
		if (i > from)
			buf_addc(out, ',');
		one(g, i, out);
	}
	buf_addf(out, "],\"more\":%s}", to < total ? "true" : "false");
}

void gen_ticket_page(
	const struct gen *g, uint64_t page, uint64_t total, struct buf *out)
{
	put_page(g, page, total, "tickets", out, gen_ticket_json);
}

void gen_message_page(
	const struct gen *g, uint64_t page, uint64_t total, struct buf *out)
{
	put_page(g, page, total, "messages", out, gen_message_json);
}

/* --- Request Tracker -------------------------------------------------------
 */

/* {"type": ..., "id": ..., "_url": ...} and what was asked for of it. */
static void put_rt_ref(struct jw *w, const char *type, const char *id)
{
	char *url =
		xasprintf("https://rt.desk.example/REST/2.0/%s/%s", type, id);

	jw_kstr(w, "type", type);
	jw_kstr(w, "id", id);
	jw_kstr(w, "_url", url);
	free(url);
}

static void put_rt_user(const struct gen *g, struct jw *w, unsigned person)
{
	struct buf name = BUF_INIT, mail = BUF_INIT;

	gen_person(g, person, &name, &mail);
	jw_obj(w);
	put_rt_ref(w, "user", buf_str(&mail));
	jw_kstr(w, "Name", buf_str(&mail));
	jw_kstr(w, "RealName", buf_str(&name));
	jw_kstr(w, "EmailAddress", buf_str(&mail));
	jw_obj_end(w);
	buf_fini(&name);
	buf_fini(&mail);
}

static void put_rt_custom_fields(struct jw *w, uint64_t ticket)
{
	static const char *const names[] = {"Severity", "Order", "Product"};
	static const char *const values[] = {
		"high", "ORD-1234567", "路由器", "low"};

	jw_key(w, "CustomFields");
	jw_arr(w);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char id[8] = {(char)('1' + i)};

		jw_obj(w);
		put_rt_ref(w, "customfield", id);
		jw_kstr(w, "name", names[i]);
		jw_key(w, "values");
		jw_arr(w);
		jw_str(w, values[(ticket + i) % ARRAY_SIZE(values)]);
		jw_arr_end(w);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void put_rt_ticket(const struct gen *g, struct jw *w, uint64_t ticket)
{
	struct buf subject = BUF_INIT;
	struct gen_ticket t;
	char *id = xasprintf("%llu", (unsigned long long)ticket + 1);
	char queue[24] = {(char)('1' + ticket % 9)};

	gen_ticket(ticket, &t);
	gen_subject(g, ticket, &subject);
	jw_obj(w);
	put_rt_ref(w, "ticket", id);
	jw_kstr(w, "Subject", buf_str(&subject));
	jw_kstr(w, "Status", t.status);
	jw_kstr(w, "Priority", "50");
	jw_kstr(w, "TimeWorked", "0");
	jw_key(w, "Queue");
	jw_obj(w);
	put_rt_ref(w, "queue", queue);
	jw_kstr(w, "Name", "General");
	jw_obj_end(w);
	jw_key(w, "Owner");
	put_rt_user(g, w, GEN_CUSTOMERS + 1 + t.owner);
	jw_key(w, "Requestor");
	jw_arr(w);
	put_rt_user(g, w, t.customer);
	jw_arr_end(w);
	put_rt_custom_fields(w, ticket);
	put_time(w, "Created", t.created_s);
	put_time(w, "LastUpdated", t.updated_s);
	put_time(w, "Due", ticket % 3 ? 0 : t.created_s + 86400);
	put_time(w, "Resolved", 0);
	jw_obj_end(w);
	buf_fini(&subject);
	free(id);
}

void gen_rt_page(const struct gen *g, uint64_t page, struct buf *out)
{
	struct jw w;

	jw_init(&w, out);
	jw_obj(&w);
	jw_kint(&w, "page", 1);
	jw_kint(&w, "pages", 1);
	jw_kint(&w, "count", GEN_PAGE);
	jw_kint(&w, "per_page", GEN_PAGE);
	jw_key(&w, "items");
	jw_arr(&w);
	for (uint64_t i = 0; i < GEN_PAGE; i++)
		put_rt_ticket(g, &w, page * GEN_PAGE + i);
	jw_arr_end(&w);
	jw_obj_end(&w);
}

/* --- mail ------------------------------------------------------------------
 */

static void add_base64(struct buf *out, const char *s, size_t len)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
				    "opqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 |
			    (i + k < len ? (unsigned char)s[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_addc(out, i + k > len
					      ? '='
					      : digit[v >> (18 - 6 * k) & 63]);
	}
}

/* RFC 2047 words of at most 42 bytes, cut between characters. */
static void add_header_text(struct buf *out, const char *s)
{
	size_t len = strlen(s), from = 0, to;

	while (from < len) {
		to = from + 42 < len ? from + 42 : len;
		while (to < len && ((unsigned char)s[to] & 0xc0) == 0x80)
			to--;
		buf_adds(out, from ? "\n =?UTF-8?B?" : "=?UTF-8?B?");
		add_base64(out, s + from, to - from);
		buf_adds(out, "?=");
		from = to;
	}
}

void gen_mail(const struct gen *g, uint64_t message, struct buf *out)
{
	struct buf subject = BUF_INIT, name = BUF_INIT, mail = BUF_INIT;
	uint64_t ticket = message / GEN_THREAD;
	time_t at = (time_t)gen_message_at_s(message);
	unsigned person;
	char date[64];
	struct tm tm;

	author_of(message, &person);
	gen_person(g, person, &name, &mail);
	gen_subject(g, ticket, &subject);
	gmtime_r(&at, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	buf_adds(out, "From: ");
	add_header_text(out, buf_str(&name));
	buf_addf(out, " <%s>\nTo: Support <support@desk.example>\nSubject: ",
		buf_str(&mail));
	add_header_text(out, buf_str(&subject));
	buf_addf(out, "\nDate: %s\nMessage-ID: <m%llu@desk.example>\n", date,
		(unsigned long long)message);
	if (message % GEN_THREAD)
		buf_addf(out, "In-Reply-To: <m%llu@desk.example>\n",
			(unsigned long long)message - 1);
	buf_adds(out, "MIME-Version: 1.0\n"
		      "Content-Type: text/plain; charset=utf-8\n"
		      "Content-Transfer-Encoding: 8bit\n\n");
	gen_body(g, message, out);
	buf_addc(out, '\n');
	buf_fini(&subject);
	buf_fini(&name);
	buf_fini(&mail);
}
