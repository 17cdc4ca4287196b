<?php
// SPDX-License-Identifier: MIT
// The articles of the wiki that the tests use, saved the way an editor's page
// is, so that sizes, recent changes and the search index are right.
//   MW_CONFIG_FILE=... php mw-seed.php --pages N
require_once '/usr/share/mediawiki/maintenance/Maintenance.php';

use MediaWiki\MediaWikiServices;
use MediaWiki\Revision\SlotRecord;

class GalleySeed extends Maintenance {
	public function __construct() {
		parent::__construct();
		$this->addOption( 'pages', 'how many', true, true );
	}

	private function article( int $i ): array {
		$n = sprintf( 'KB-%03d', $i );
		$other = sprintf( 'KB-%03d', $i % 2 ? $i + 1 : $i - 1 );
		if ( $i % 2 ) {
			return [ "$n 退款流程",
				"== 退款流程 $i ==\n" .
				"客户申请退款时,请先核对订单号和支付状态。\n\n" .
				"# 核实身份\n# 确认金额\n\n" .
				"'''注意''':跨境订单需要主管批准。" .
				"参见 [[$other Refund procedure]]。\n[[Category:退款]]" ];
		}
		return [ "$n Refund procedure",
			"== Refund procedure $i ==\n" .
			"To refund order SO$i check the payment status first.\n\n" .
			"* step one: verify identity\n* step two: confirm amount\n\n" .
			"{| class=\"wikitable\"\n! Region !! Days\n|-\n| EU || 14\n|}\n\n" .
			"See [[$other 退款流程]].\n[[Category:Refund]]" ];
	}

	public function execute() {
		$services = MediaWikiServices::getInstance();
		$editor = $services->getUserFactory()->newFromName( 'Editor1' );
		$pages = $services->getWikiPageFactory();
		for ( $i = 1; $i <= (int)$this->getOption( 'pages' ); $i++ ) {
			[ $title, $text ] = $this->article( $i );
			$page = $pages->newFromTitle( Title::newFromText( $title ) );
			$up = $page->newPageUpdater( $editor );
			$up->setContent( SlotRecord::MAIN,
				ContentHandler::makeContent( $text, $page->getTitle() ) );
			$up->saveRevision( CommentStoreComment::newUnsavedComment(
				$i % 2 ? '新建知识' : 'new article' ) );
			DeferredUpdates::doUpdates();
		}
	}
}

$maintClass = GalleySeed::class;
require_once RUN_MAINTENANCE_IF_MAIN;
