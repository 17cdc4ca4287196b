# frozen_string_literal: true

# SPDX-License-Identifier: MIT
# What is in the Redmine that the tests use: two projects, three agents with API
# keys, a custom field, 60 issues with a note each. Run by "rails runner".

ActionMailer::Base.perform_deliveries = false
Setting.rest_api_enabled = '1'
Setting.login_required = '1'
Setting.default_language = 'en'
Setting.notified_events = []
Setting.cross_project_issue_relations = '1'

def give_key(user, key)
  token = user.api_token || Token.create!(user: user, action: 'api')
  Token.where(id: token.id).update_all(value: key)
end

admin = User.find_by_login('admin')
admin.update!(must_change_passwd: false)
give_key(admin, 'a' * 40)

projects = { 'aftersales' => '售后服务', 'billing' => 'Billing' }.map do |id, name|
  Project.create!(identifier: id, name: name, is_public: false,
                  enabled_module_names: ['issue_tracking'], trackers: Tracker.all)
end

manager = Role.givable.first
agents = (1..3).map do |i|
  user = User.new(firstname: i.odd? ? 'Agent' : '客服', lastname: i.to_s,
                  mail: "agent0#{i}@rm.test", language: i.odd? ? 'en' : 'zh')
  user.login = "agent0#{i}"
  user.password = user.password_confirmation = "pw-agent0#{i}"
  user.save!
  give_key(user, i.to_s * 40)
  projects.each { |p| Member.create!(project: p, principal: user, roles: [manager]) }
  user
end

order = IssueCustomField.create!(name: 'Order number', field_format: 'string',
                                 is_for_all: true, is_filter: true,
                                 searchable: true, trackers: Tracker.all)

60.times do |i|
  agent = agents[i % 3]
  project = projects[i % 2]
  User.current = agent
  issue = Issue.new(project: project, tracker: project.trackers.first, author: agent,
                    status: IssueStatus.first, priority: IssuePriority.first,
                    subject: i.odd? ? "订单 #{10_000 + i} 退款未到账" : "Refund #{10_000 + i} missing",
                    description: i.odd? ? '您好,退款没有收到。' : 'Hello, the refund is missing.')
  issue.custom_field_values = { order.id.to_s => "SO#{10_000 + i}" }
  issue.save!
  issue = Issue.find(issue.id)
  issue.init_journal(agent, i.odd? ? '回复:正在处理' : 'Answer: in progress')
  issue.assigned_to = agent if (i % 4).zero?
  issue.save!
end
