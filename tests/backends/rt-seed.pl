#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# What is in the Request Tracker that the tests use. Three commands, each run
# with RT_SITE_CONFIG set (see rt.sh):
#
#   people FILE   queues, custom fields, ten agents, a supervisor, 100 customers,
#                 rights; a REST token each, as NAME=token lines in FILE
#   tickets N     N tickets through RT's own API, then a deleted and a merged one
#   clone N       by SQL copies of those until there are N live tickets
#
# Everything is derived from a counter, so two images are alike but for tokens
# and times. Names, texts and numbers are invented.
use strict;
use warnings;
no warnings qw(redundant once redefine);
use utf8;
use open qw(:std :utf8);
use lib '/usr/share/request-tracker5/lib',
    '/usr/local/share/request-tracker5/lib';
use Encode ();
use MIME::Entity;
use RT;

RT->LoadConfig;
RT->Init;
my $root = RT->SystemUser;

# RT answers (ok, message) nearly everywhere
sub must {
	my ($what, $ok, $msg) = @_;
	die "$what: " . ($msg // 'failed') . "\n" unless $ok;
	return $ok;
}

my @QUEUES = (
	['售后服务',   'aftersales'],
	['Billing',    'billing'],
	['Complaints', 'complaints'],
);
my @FIELDS = (
	['Order number', 'FreeformSingle'],
	['Severity',     'SelectSingle', qw(low medium high critical)],
	['产品线',       'SelectSingle', qw(家电 手机 服饰)],
	['Tags',         'FreeformMultiple'],
);
my @AGENT_RIGHTS = qw(SeeQueue ShowTicket ShowTicketComments ShowOutgoingEmail
    CreateTicket ReplyToTicket CommentOnTicket ModifyTicket OwnTicket TakeTicket
    StealTicket ReassignTicket Watch SeeCustomField ModifyCustomField SeeGroup
    ShowArticle ManageAuthTokens ShowUserHistory);
my @LEAD_RIGHTS = qw(AdminUsers DeleteTicket ForwardMessage AdminQueue ShowACL);

sub make_groups {
	my %g;
	for my $name (qw(Agents Leads)) {
		$g{$name} = RT::Group->new($root);
		must($name, $g{$name}->CreateUserDefinedGroup(Name => $name));
		for (@AGENT_RIGHTS, $name eq 'Leads' ? @LEAD_RIGHTS : ()) {
			must($_, $g{$name}->PrincipalObj->GrantRight(
				Right => $_, Object => RT->System));
		}
	}
	return %g;
}

sub make_queues {
	for (@QUEUES) {
		my ($name, $mail) = @$_;
		must($name, RT::Queue->new($root)->Create(
			Name => $name, Description => $mail,
			CorrespondAddress => "$mail\@rt.test"));
	}
	for (@FIELDS) {
		my ($name, $type, @values) = @$_;
		my $cf = RT::CustomField->new($root);
		must($name, $cf->Create(Name => $name, Type => $type,
			LookupType => RT::Ticket->CustomFieldLookupType));
		must($name, $cf->AddToObject(RT::Queue->new($root)));
		must($_, $cf->AddValue(Name => $_)) for @values;
	}
}

sub token_of {
	my ($user) = @_;
	my ($ok, $msg, $token) = RT::AuthToken->new($root)->Create(
		Owner => $user->id, Description => 'tests');
	must('token', $ok, $msg);
	return $token;
}

# agent01 speaks English; even ones Chinese, because RT's refusals are in the
# language of the asker
sub make_agents {
	my ($file, %g) = @_;
	open my $out, '>', $file or die "$file: $!\n";
	for my $i (1 .. 10, 0) {
		my $name = $i ? sprintf('agent%02d', $i) : 'supervisor1';
		my $u = RT::User->new($root);
		must($name, $u->Create(Name => $name, Privileged => 1,
			Password => "pw-$name", EmailAddress => "$name\@rt.test",
			RealName => $i == 0 ? '王主管'
				: $i % 2 ? "Agent $i" : "客服$i 号",
			Lang => $i % 2 ? 'en' : 'zh-cn', Timezone => 'UTC'));
		must($name, $g{$i ? 'Agents' : 'Leads'}->AddMember(
			$u->PrincipalId));
		print $out uc($name) . '=' . token_of($u) . "\n";
	}
	my $u = RT::User->new($root);
	$u->Load('root');
	print $out 'ROOT=' . token_of($u) . "\n";
	close $out or die "$file: $!\n";
}

sub make_customers {
	for my $i (1 .. 100) {
		must("cust$i", RT::User->new($root)->Create(
			Name => "cust$i\@example.com",
			EmailAddress => "cust$i\@example.com",
			RealName => $i % 2 ? "Customer $i" : "顾客$i",
			MobilePhone => sprintf('1380000%04d', $i),
			Privileged => 0));
	}
}

my %SUBJECT = (
	zh => ['订单 %d 的退款还没有到账', '收到的商品有破损,申请换货',
		'发票抬头写错了,请重开', '无法登录账户,短信验证码收不到',
		'快递显示已签收,但我没有收到'],
	en => ['Refund for order %d has not arrived',
		'Parcel arrived damaged, need a replacement',
		'Invoice shows the wrong company name',
		'Cannot log in: no SMS code arrives',
		'Tracking says delivered, nothing received'],
);
my %BODY = (
	zh => ["您好,我在上周下了订单 %d,到现在退款还没有收到,请帮忙查一下。谢谢!",
		"客服您好:\n包装已经压坏,里面的杯子碎了一只。\n盼复。"],
	en => ["Hello,\n\nI ordered %d last week and the refund is still missing.",
		"Hi team,\nthe box was crushed and one cup is broken."],
);
my %ANSWER = (
	zh => '回复 %d:已经为您登记,稍后有专人联系。',
	en => 'Answer %d: we have registered your request.',
);

sub text_part {
	my ($text) = @_;
	return MIME::Entity->build(Type => 'text/plain', Charset => 'UTF-8',
		Encoding => '8bit', Data => Encode::encode_utf8($text));
}

sub photo {
	my ($name) = @_;
	return (Type => 'image/png', Encoding => 'base64',
		Filename => Encode::encode('MIME-Header', $name),
		Data => "\x89PNG\r\n\x1a\n" . join '', map { chr($_ % 256) } 1 .. 2000);
}

sub field_arg {
	my ($name, $value) = @_;
	my $cf = RT::CustomField->new($root);
	$cf->LoadByName(Name => $name,
		LookupType => RT::Ticket->CustomFieldLookupType);
	return ('CustomField-' . $cf->id => $value);
}

sub make_ticket {
	my ($i) = @_;
	my $lang = $i % 2 ? 'zh' : 'en';
	my $mime = text_part(sprintf $BODY{$lang}[$i / 2 % 2], 10000 + $i);
	$mime->attach(photo($lang eq 'zh' ? '照片.png' : 'photo.png'))
	    if $i % 10 == 0;
	my $t = RT::Ticket->new($root);
	my ($id, undef, $msg) = $t->Create(
		Queue     => $QUEUES[$i % 3][0],
		Subject   => sprintf($SUBJECT{$lang}[$i % 5], 10000 + $i),
		Requestor => 'cust' . (1 + $i % 100) . '@example.com',
		MIMEObj   => $mime,
		Priority  => $i % 100,
		Owner     => $i % 4 ? sprintf('agent%02d', 1 + $i % 10) : 'Nobody',
		field_arg('Order number', 'SO' . (10000 + $i)),
		field_arg('Severity', (qw(low medium high critical))[$i % 4]),
		field_arg('产品线', (qw(家电 手机 服饰))[$i % 3]),
		field_arg('Tags', ['vip', "tag$i"]),
	);
	must("ticket $i", $id, $msg);
	for my $k (1 .. $i % 3 + 1) {
		my $part = text_part(sprintf $ANSWER{$lang}, $k);
		must("answer $k of $i", $k % 2
			? $t->Correspond(MIMEObj => $part)
			: $t->Comment(MIMEObj => $part));
	}
	if ($i % 2 == 0) {
		must("status of $i",
			$t->SetStatus($i % 5 ? 'open' : 'resolved'));
	}
	return $t;
}

sub make_tickets {
	my ($n) = @_;
	local *RT::Scrips::Prepare = sub { 1 };
	local *RT::Scrips::Commit  = sub { 1 };
	$RT::Handle->BeginTransaction;
	my @t = map { make_ticket($_) } 1 .. $n;
	must('link', $t[0]->AddLink(Type => 'RefersTo', Target => $t[1]->id));
	must('link', $t[2]->AddLink(Type => 'DependsOn', Target => $t[3]->id));
	must('time', $t[4]->SetTimeWorked(15));
	must('delete', make_ticket($n + 1)->Delete);
	must('merge', make_ticket($n + 2)->MergeInto($t[5]->id));
	$RT::Handle->Commit;
}

# --- cloning -------------------------------------------------------------------

my $dbh = $RT::Handle->dbh;
my %next;    # table -> the last id given
my %insert;  # table -> statement

# RT asks for lower-case names; rows are copied under the columns' own.
sub rows_of {
	local $dbh->{FetchHashKeyName} = 'NAME';
	return @{ $dbh->selectall_arrayref($_[0], { Slice => {} }, @_[1 .. $#_]) };
}

sub last_id {
	my ($table) = @_;
	return $next{$table} //=
	    $dbh->selectrow_array("select max(id) from $table");
}

# A copy of a row under a new id, with some columns changed; returns the id.
sub copy_row {
	my ($table, $row, %change) = @_;
	last_id($table);
	my %r = (%$row, %change);
	$r{id} = $change{id} // ++$next{$table};
	my @cols = sort keys %r;
	$insert{$table} //= $dbh->prepare("insert into $table(" .
		join(',', @cols) . ') values(' . join(',', ('?') x @cols) . ')');
	$insert{$table}->execute(@r{@cols});
	return $r{id};
}

sub template {
	my ($id) = @_;
	my %t = (ticket => (rows_of('select * from Tickets where id=?', $id))[0]);
	$t{trans} = [rows_of("select * from Transactions where
		ObjectType='RT::Ticket' and ObjectId=? order by id", $id)];
	$t{attach} = [rows_of("select a.* from Attachments a join Transactions x
		on a.TransactionId=x.id where x.ObjectType='RT::Ticket'
		and x.ObjectId=? order by a.id", $id)];
	$t{groups} = [rows_of("select * from Groups where
		Domain='RT::Ticket-Role' and Instance=? order by id", $id)];
	for my $g (@{ $t{groups} }) {
		$g->{principal} = (rows_of(
			'select * from Principals where id=?', $g->{id}))[0];
		$g->{members} = [rows_of(
			'select * from GroupMembers where GroupId=?', $g->{id})];
		$g->{cached} = [rows_of('select * from CachedGroupMembers
			where GroupId=? order by id', $g->{id})];
	}
	$t{values} = [rows_of("select * from ObjectCustomFieldValues where
		ObjectType='RT::Ticket' and ObjectId=?", $id)];
	return \%t;
}

sub clone_role {
	my ($g, $ticket) = @_;
	my %row = %$g;
	delete @row{qw(principal members cached)};
	my $old = $g->{id};
	my $new = copy_row('Principals', $g->{principal});
	copy_row('Groups', \%row, id => $new, Instance => $ticket);
	copy_row('GroupMembers', $_, GroupId => $new) for @{ $g->{members} };
	my %via;
	for my $c (@{ $g->{cached} }) {
		my %ch = map { $_ => $c->{$_} == $old ? $new : $c->{$_} }
		    qw(GroupId MemberId ImmediateParentId);
		$ch{id} = ++$next{CachedGroupMembers};
		$via{ $c->{id} } = $ch{id};
		$ch{Via} = $via{ $c->{Via} } // $ch{id};
		copy_row('CachedGroupMembers', $c, %ch);
	}
}

# Times spread over the year before last: RT's clock now is always later.
sub clone_ticket {
	my ($t, $k) = @_;
	my $at = sprintf '2024-%02d-%02d %02d:%02d:%02d', 1 + $k / 900 % 12,
	    1 + $k / 30 % 28, $k % 24, $k % 60, $k * 7 % 60;
	last_id($_) for qw(Tickets CachedGroupMembers);
	my $id = $next{Tickets} + 1;
	copy_row('Tickets', $t->{ticket}, EffectiveId => $id,
		Subject => "$t->{ticket}{Subject} #$id",
		LastUpdated => $at, Created => $at);
	clone_role($_, $id) for @{ $t->{groups} };
	my (%trans, %attach);
	for (@{ $t->{trans} }) {
		$trans{ $_->{id} } = copy_row('Transactions', $_,
			ObjectId => $id, Created => $at);
	}
	for (@{ $t->{attach} }) {
		$attach{ $_->{id} } = copy_row('Attachments', $_,
			TransactionId => $trans{ $_->{TransactionId} },
			Parent => $_->{Parent} ? $attach{ $_->{Parent} } : 0);
	}
	copy_row('ObjectCustomFieldValues', $_, ObjectId => $id)
	    for @{ $t->{values} };
}

sub clone_until {
	my ($n) = @_;
	my @live = map { $_->{id} } rows_of("select id from Tickets where
		Type='ticket' and id=EffectiveId and Status<>'deleted'
		order by id limit 60");
	die "make some tickets first\n" unless @live;
	# those with links would be cloned without them
	my @plain = map { template($_) } grep {
		!$dbh->selectrow_array('select count(*) from Links where
			LocalBase=? or LocalTarget=?', {}, $_, $_) } @live;
	my $have = $dbh->selectrow_array("select count(*) from Tickets where
		Type='ticket' and id=EffectiveId and Status<>'deleted'");
	$dbh->begin_work;
	clone_ticket($plain[$_ % @plain], $_) for 1 .. $n - $have;
	$dbh->commit;
}

my ($command, $arg) = @ARGV;
if ($command eq 'people') {
	my %g = make_groups();
	make_queues();
	make_agents($arg, %g);
	make_customers();
} elsif ($command eq 'tickets') {
	make_tickets($arg);
} elsif ($command eq 'clone') {
	clone_until($arg);
} else {
	die "people FILE | tickets N | clone N\n";
}
