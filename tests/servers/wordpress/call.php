<?php
// Calls WordPress's own functions: reads [[function, argument, ...], ...] as JSON, prints [result, ...] as JSON.
// `install` as the first argument installs the site instead.
$_SERVER['HTTP_HOST'] = parse_url( getenv( 'NOBET_WORDPRESS_URL' ), PHP_URL_HOST );
if ( 'install' === ( $argv[1] ?? '' ) ) {
	define( 'WP_INSTALLING', true );
}
require getcwd() . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

$calls   = json_decode( stream_get_contents( STDIN ), true, 512, JSON_THROW_ON_ERROR );
$results = array();
ob_start(); // what it prints while it works is not our answer
foreach ( $calls as $arguments ) {
	$function = array_shift( $arguments );
	// The functions that take an array of fields expect it with slashes, as a form would bring it.
	$arguments = array_map( fn( $one ) => is_array( $one ) ? wp_slash( $one ) : $one, $arguments );
	$result    = $function( ...$arguments );
	$results[] = is_wp_error( $result ) ? array( 'error' => $result->get_error_message() ) : $result;
}
ob_end_clean();
echo json_encode( $results, JSON_THROW_ON_ERROR );
